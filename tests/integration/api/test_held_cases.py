"""A case that de-identification held back is shown with the doubted characters, and cannot be accepted."""

from api_service.auth import Role
from shared.domain.cycle import CaseState
from shared.registry.tables import DeidReport
from tests.factories import NOW, a_case, add

TEXT = "Cough. Told us that Wanjiru drives."


def test_the_doubted_span_is_lit_up_by_its_place_and_rule(site):
    with site.sessions.begin() as session:
        sealed = site.deps.vault.seal(TEXT.encode(), "case")
        case = a_case(
            session,
            deidentified=False,
            state=CaseState.NEEDS_REVIEW,
            review_reasons=["deid_quarantine"],
            input_sealed=sealed,
        )
        said = {"verdict": "quarantine", "reasons": ["name"], "details": {"doubts": [[20, 27, "name"]]}}
        add(
            session,
            DeidReport(case_id=case.id, engine="1", policy="safe_harbor", spans={}, created_at=NOW, **said),
        )
        passed = a_case(session)
    shown = site.get(f"/cases/{case.id}", Role.CLINICIAN).json
    assert shown["doubts"] == [{"start": 20, "end": 27, "rule": "name"}]
    assert (shown["text"][20:27], shown["review_reasons"]) == ("Wanjiru", ["deid_quarantine"])
    assert site.get(f"/cases/{passed.id}", Role.CLINICIAN).json["doubts"] == []
    refused = site.post(f"/cases/{case.id}/validate", Role.CLINICIAN, {"status": "validated"})
    assert (refused.status_code, refused.json["code"]) == (409, "not_deidentified")
