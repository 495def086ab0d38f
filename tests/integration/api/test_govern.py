"""The audit trail over HTTP."""

from api_service.auth import Role
from shared.broker.notary import Notary
from shared.registry import audit
from shared.signing import open_signer
from shared.storage.objects import open_storage
from tests.factories import NOW


def acts(site, *subjects: str) -> None:
    with site.sessions.begin() as session:
        for subject in subjects:
            audit.write(session, act="read", subject=("cases", subject), actor="key:a", at=NOW)


def test_the_trail_is_paged_and_read_from_an_instant_on(site):
    acts(site, "1", "2", "3")
    first = site.get("/audit?limit=2", Role.APPROVER)
    assert len(first.json) == 2 and 'rel="next"' in first.headers["Link"]
    following = first.headers["Link"].split(">")[0].partition("/audit")[2]
    seen = [one["seq"] for one in first.json + site.get(f"/audit{following}", Role.ADMIN).json]
    assert seen == sorted(set(seen))
    assert site.get("/audit?from=2999-01-01T00:00:00Z", Role.APPROVER).json == []
    assert site.get("/audit", Role.STEWARD).status_code == 403


def test_the_proof_says_what_holds(site):
    assert site.get("/audit/verify", Role.APPROVER).status_code == 404
    acts(site, "1", "2")
    settings = site.deps.settings
    signer = open_signer(settings)
    notary = Notary(site.sessions, storage=open_storage(settings), signer=signer, clock=lambda: NOW)
    notary.turn(at=1e9)
    proof = site.get("/audit/verify", Role.APPROVER).json
    assert (proof["holds"], proof["faults"]) == (True, [])
    assert proof["checkpoint"]["size"] >= 2


def test_a_policy_is_proposed_by_one_and_adopted_by_another(site):
    wish = {"changes": {"gate_margin": 0.01, "deid.tagger": False}, "reason": "stricter"}
    asked = site.post("/policies", Role.STEWARD, wish)
    assert asked.status_code == 202 and asked.json["changes"]["gate_margin"] == [0.02, 0.01]
    assert site.get("/policies", Role.VIEWER).json[0]["body"]["gate_margin"] == 0.02
    (waiting,) = site.get("/approvals", Role.VIEWER).json
    assert waiting["changes"] == asked.json["changes"]
    word = {"approval_id": asked.json["approval_id"], "approve": True, "reason": "agreed"}
    assert site.post("/approvals", Role.APPROVER, word).json["state"] == "approved"
    newest = site.get("/policies", Role.VIEWER).json[0]
    assert (newest["body"]["gate_margin"], newest["body"]["deid"]["tagger"]) == (0.01, False)
    assert newest["created_by"] == "key:approver"


def test_a_proposal_that_is_wrong_refused_or_stale_changes_nothing(site):
    bad = site.post("/policies", Role.OPERATOR, {"changes": {"gate_margin": 2}, "reason": "x"})
    assert (bad.status_code, bad.json["code"]) == (422, "bad_policy")
    asked = [
        site.post("/policies", Role.OPERATOR, {"changes": {"settle_days": days}, "reason": "x"}).json
        for days in (7, 8, 9)
    ]
    words = [{"approval_id": one["approval_id"], "approve": True, "reason": "x"} for one in asked]
    assert site.post("/approvals", Role.APPROVER, words[0] | {"approve": False}).status_code == 200
    assert site.post("/approvals", Role.APPROVER, words[1]).status_code == 200
    stale = site.post("/approvals", Role.APPROVER, words[2])
    assert (stale.status_code, stale.json["code"]) == (409, "stale_proposal")
    assert site.get("/policies", Role.VIEWER).json[0]["body"]["settle_days"] == 8
    assert len(site.get("/approvals", Role.VIEWER).json) == 1
