"""Giving stored answers, verdicts and decisions again, from what was stored beside them."""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from deployer_service.canary import INPUT_PURPOSE
from deployer_service.decide import serve
from deployer_service.origin import Origin
from shared.domain import gate
from shared.domain.envelope import Change
from shared.domain.gate import Given, JudgedCase
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import decisions, models, policies, predictions
from shared.registry.evidence import canonical
from shared.registry.tables import GateDecision, ModelVersion, ReleaseDecision
from shared.vault import Vault

EXACT = 1e-9


class InputGoneError(ConflictError):
    """The input of a prediction is no longer kept."""

    code = "input_gone"


@dataclass(frozen=True)
class Again:
    """One stored thing and whether it comes out the same."""

    what: str
    same: bool
    stored: Any
    again: Any


def prediction(prediction_id: UUID, origin: Origin, vault: Vault) -> Again:
    """Answer a past question once more with exactly the version that answered it.

    Raises:
        UnknownPredictionError: there is no such prediction.
        InputGoneError: its retention time is over.
        InvalidInputError: it was about a picture.
    """
    with origin.sessions() as session:
        row = predictions.get(session, prediction_id)
        if models.model_type(session, row.model_type).family == "segmentation":
            raise InvalidInputError("answers to pictures are not replayed", field="prediction_id")
        sealed = predictions.input_of(session, prediction_id)
    if sealed is None:
        raise InputGoneError("its input is kept no longer", field="prediction_id", fix="raise retention_days")
    scorer = origin.bring(row.digest)
    answer = scorer.answer([vault.open(sealed, INPUT_PURPOSE).decode()])[0]
    stored = {"label": row.label, "confidence": row.confidence, "digest": row.digest}
    again = {"label": answer.label, "confidence": answer.confidence, "digest": row.digest}
    same = answer.label == row.label and abs(answer.confidence - row.confidence) <= EXACT
    return Again(f"prediction {prediction_id}", same, stored, again)


def version(name: str, sessions: sessionmaker[Session]) -> list[Again]:
    """Judge a version again as its gate did, and decide each of its runs again: both to the same bytes."""
    with sessions() as session:
        found = session.scalar(select(ModelVersion).filter_by(name=name))
        if found is None:
            raise NotFoundError(f"there is no model version {name}", field="model_version")
        verdicts = session.scalars(
            select(GateDecision).filter_by(model_version_id=found.id).order_by(GateDecision.created_at)
        )
        again = [_verdict(session, one) for one in verdicts if "cases" in one.inputs]
        runs = select(ReleaseDecision.run).filter_by(model_version_id=found.id, step=0)
        again += [_run(run, decisions.export(session, run)) for run in session.scalars(runs)]
    return again


def _verdict(session: Session, decision: GateDecision) -> Again:
    """The gate's rows from its stored inputs under the policy that was in force."""
    policy = policies.get(session, decision.policy_version)
    cases = [judged_case(case) for case in decision.inputs["cases"]]
    told = decision.inputs
    verdict = gate.judge(cases, policy, must_not_miss=told.get("must_not_miss", ()), timed=told.get("timed"))
    if "change" in told:
        verdict = gate.within(verdict, Change(**told["change"]), policy)
    if not cases:
        verdict = gate.Verdict(decision.verdict, verdict.rules)  # it could not even be brought up
    whole = hashlib.sha256(canonical(decision.inputs).encode()).hexdigest() == decision.inputs_sha256
    rows = canonical(verdict.as_rows()) == canonical(decision.rules) or not cases
    stored = {"verdict": decision.verdict, "policy_version": decision.policy_version, "rules": decision.rules}
    again = {
        "verdict": verdict.verdict,
        "policy_version": decision.policy_version,
        "rules": verdict.as_rows(),
    }
    return Again(f"gate {decision.id}", whole and rows and verdict.verdict == decision.verdict, stored, again)


def judged_case(stored: Mapping[str, Any]) -> JudgedCase:
    """One case of a gate's inputs as the gate read it."""
    champion = stored["champion"]
    told = {name: stored[name] for name in ("truth", "is_old", "known", "subgroup")}
    told["audit_weight"] = stored.get("audit_weight")
    return JudgedCase(
        **told, candidate=Given(**stored["candidate"]), champion=Given(**champion) if champion else None
    )


def _run(run: str, steps: Iterable[tuple[str, str]]) -> Again:
    """A run's messages through the engine; the first step that comes out otherwise is told."""
    messages, answers = zip(*steps, strict=True)
    out = io.StringIO()
    serve(io.StringIO("\n".join(messages)), out)
    given = out.getvalue().splitlines()
    other = next(
        (place for place, pair in enumerate(zip(answers, given, strict=True)) if pair[0] != pair[1]), None
    )
    if other is None:
        told = {"steps": len(answers), "last": json.loads(answers[-1])["action"]}
        return Again(f"run {run}", same=True, stored=told, again=told)
    return Again(f"run {run}, step {other}", same=False, stored=answers[other], again=given[other])
