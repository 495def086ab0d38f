"""A site with one record of every kind, so that an attack meets something at each address."""

from shared.domain.cycle import CaseState, VersionState
from shared.registry import (
    alerts,
    approvals,
    emergencies,
    evidence,
    keys,
    proposals,
    seal_orders,
    withdrawals,
)
from shared.registry.alerts import Trouble
from shared.registry.tables import Label, Reading, Schedule, Validator
from tests.factories import (
    NOW,
    a_case,
    a_dataset,
    a_job,
    a_member,
    a_plan,
    a_prediction,
    a_run,
    a_source,
    a_version,
    add,
)
from tests.integration.api.world import Site

TEXT = b"cough and [NAME]"
MAKER = "key:operator"  # whose proposal waits
READER = "key:clinician"  # on whose list the reading stands
STAFF = {"name": "Dr. Who", "role": "physician", "qualified": True, "active": True}
NIGHTLY = {"name": "nightly", "kind": "collect", "cron": "0 1 * * *", "timezone": "UTC"}


def filled(site: Site) -> dict[str, str]:
    """Write the records; the answer names one for every parameter that a path can hold."""
    with site.sessions.begin() as session:
        add(session, Label(model_type="diagnosis", label="Gout", aliases=[], codes=[], created_at=NOW))
        sealed = {"input_sealed": site.deps.vault.seal(TEXT, "case")}
        case = a_case(session, state=CaseState.NEEDS_REVIEW, review_reasons=["conflict"], **sealed)
        gone = a_case(session, **sealed)
        data = a_dataset(session, counts={"training": 1, "evaluation": 0, "labels": {"Migraine": 1}})
        a_member(session, data, gone)
        champion = a_version(session, state=VersionState.LIVE, dataset_version_id=data.id)
        challenger = a_version(session, state=VersionState.SHADOW)
        a_plan(session, champion, challenger_id=challenger.id, shadow=True)
        made = a_prediction(session, champion)
        asked = {"model_type": "diagnosis", "prediction_id": made.id, "kind": "hard", "options": ["Gout"]}
        add(session, Reading(**asked, sampling_rate=1.0, asked_at=NOW, wanted_of=READER))
        evidence.append(session, champion, transition="gated>live", actor="rule", body={}, at=NOW)
        proposals.propose(session, {"settle_days": 20}, reason="more time", maker=MAKER, now=NOW)
        approvals.ask(session, ("model_versions", challenger.id), maker=MAKER, reason="ask", now=NOW)
        alert = alerts.raise_alert(session, Trouble("drift", "warning", "k", "title", "body"), now=NOW)
        left = withdrawals.leave(session, gone.person_id, cause="asked", actor="key:steward", now=NOW)
        key, _ = keys.create(session, "night", ["viewer"], now=NOW)
        names = {
            "case_id": case.id,
            "run_id": a_run(session).id,
            "name": a_source(session).name,
            "sealing_id": seal_orders.ask(session, "diagnosis", actor=MAKER, now=NOW).id,
            "version": data.name,
            "before": data.name,
            "after": a_dataset(session).name,
            "withdrawal_id": left.id,
            "job_id": a_job(session).id,
            "model_version": champion.name,
            "prediction_id": made.id,
            "validator_id": add(session, Validator(**STAFF, created_at=NOW)).id,
            "alert_id": alert,
            "emergency_id": emergencies.begin(session, key, "night", vault=site.deps.vault, now=NOW).id,
            "schedule_id": add(session, Schedule(**NIGHTLY, since=NOW, created_at=NOW)).id,
        }
    site.deps.router.cache.refresh()
    return {name: str(value) for name, value in names.items()}
