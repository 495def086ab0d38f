"""The shapes of cases, collection runs and their statistics."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api_service.show.shape import Shape, counts, link, percent_or_zero
from shared.domain.cycle import CaseState, RunState, ended
from shared.domain.next_steps import next_steps
from shared.registry import runs
from shared.registry.stats import CaseCounts, Collected
from shared.registry.tables import CollectionRun, ValidatedCase
from shared.vault import Vault

_SHOWN = {
    CaseState.DISCOVERED: "pending",
    CaseState.DEIDENTIFIED: "pending",
    CaseState.CHECKED: "pending",
    CaseState.SUPERSEDED: "rejected",
    CaseState.WITHDRAWN: "rejected",
}


class AuditSample(Shape):
    """Readings of the audit sample: asked for and answered."""

    due: int
    done: int


class RunBrief(Shape):
    """The last collection run in a line."""

    run_id: UUID
    status: str
    collected: int
    ended_at: datetime | None


class Statistics(Shape):
    """`GET /cases/statistics`: the seven fields that clients count on, and what explains them."""

    total_cases: int
    validated_cases: int
    pending_cases: int
    anonymized_cases: int
    used_in_training: int
    average_quality_score: float
    collection_rate: float
    needs_review_cases: int
    rejected_cases: int
    withdrawn: int
    by_source: dict[str, int]
    by_reason: dict[str, int]
    new_since_last_training: int
    trigger_after: int
    audit_sample: AuditSample
    last_run: RunBrief | None
    next_run: datetime | None

    @classmethod
    def of(
        cls, found: CaseCounts, collected: Collected, *, trigger_after: int, next_run: datetime | None
    ) -> "Statistics":
        """From the counts; the rate is the share of seen source rows that became cases."""
        last = collected.last_run
        return cls(
            total_cases=found.total,
            validated_cases=found.validated,
            pending_cases=found.pending,
            anonymized_cases=found.anonymized,
            used_in_training=found.used_in_training,
            average_quality_score=round(found.average_quality or 0.0, 1),
            collection_rate=percent_or_zero(collected.rows_collected / max(collected.rows_seen, 1)),
            needs_review_cases=found.needs_review,
            rejected_cases=found.rejected,
            withdrawn=found.withdrawn,
            by_source=dict(found.by_source),
            by_reason=dict(collected.by_reason),
            new_since_last_training=found.unused,
            trigger_after=trigger_after,
            audit_sample=AuditSample(due=found.audit_due, done=found.audit_done),
            last_run=None if last is None else run_brief(last),
            next_run=next_run,
        )


class Run(Shape):
    """One collection run; `collected_count` is null until it has ended."""

    status: str
    message: str
    run_id: UUID
    source: str
    collected_count: int | None
    collected: int | None
    duplicates: int
    refused: dict[str, int]
    review: dict[str, int]
    pending: int
    quarantined: int
    unchanged: int
    deleted: int
    stale: int
    rules: dict[str, int]
    rows: int
    total: int | None
    seconds: float | None
    rows_per_second: float | None
    next: list[str]
    triggered_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None
    links: dict[str, str]

    @classmethod
    def of(cls, run: CollectionRun, source: str) -> "Run":
        """One run as it stands."""
        collected = int(run.counts.get("collected", 0)) if run_ended(run) else None
        return cls(
            status=run_status(run.state),
            message=_run_message(run, source),
            run_id=run.id,
            source=source,
            collected_count=collected,
            collected=collected,
            duplicates=int(run.counts.get("duplicates", 0)),
            refused=counts(run.counts, "refused"),
            review=counts(run.counts, "review"),
            pending=int(run.counts.get("pending", 0)),
            quarantined=int(run.counts.get("quarantined", 0)),
            unchanged=int(run.counts.get("unchanged", 0)),
            deleted=int(run.counts.get("deleted", 0)),
            stale=int(run.counts.get("stale", 0)),
            rules=counts(run.counts, "rules"),
            rows=int(run.counts.get("rows", 0)),
            total=run.counts.get("total"),
            **runs.pace(run),
            next=next_steps(run.counts) if run.state == RunState.COMPLETED else [],
            triggered_by=run.triggered_by,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            error=run.error,
            links={"self": link("runs", run.id)},
        )


class CollectStarted(Shape):
    """`POST /cases/collect`: one run a source; `run_id` is the first of them."""

    status: str
    message: str
    run_id: UUID
    collected_count: int | None
    refused: dict[str, int]
    runs: list[Run]
    links: dict[str, str]

    @classmethod
    def of(cls, runs: list[Run]) -> "CollectStarted":
        """All runs of one wish as one answer."""
        first, many = runs[0], len(runs) > 1
        collected = [run.collected_count for run in runs]
        refused: dict[str, int] = {}
        for run in runs:
            for reason, n in run.refused.items():
                refused[reason] = refused.get(reason, 0) + n
        return cls(
            status=next((run.status for run in runs if run.status != "completed"), "completed"),
            message=f"{len(runs)} sources are being collected" if many else first.message,
            run_id=first.run_id,
            collected_count=None if None in collected else sum(n or 0 for n in collected),
            refused=refused,
            runs=runs,
            links=first.links,
        )


class Case(Shape):
    """One case without its text."""

    id: UUID
    case_id: str
    source: str
    version: int
    model_type: str
    diagnosis: str | None
    icd_code: str | None
    validation_status: str
    state: str
    review_reasons: list[str]
    confidence: float | None
    validated_at: datetime | None
    data_quality_score: int | None
    completeness_score: int | None
    is_anonymized: bool
    used_in_training: bool
    subgroup: dict[str, str]
    created_at: datetime

    @classmethod
    def of(cls, case: ValidatedCase, source: str) -> "Case":
        """One row of the list."""
        return cls(**case_fields(case, source))


class DoubtShown(Shape):
    """A stretch of the text that may still identify somebody, and the rule that doubts it."""

    start: int
    end: int
    rule: str


class CaseDetail(Case):
    """One case with its de-identified text, for those who may read cases; `doubts` are what holds it back."""

    text: str | None
    layers: list[str]  # image, mask: what /cases/{case_id}/picture shows
    doubts: list[DoubtShown]
    details: dict[str, object]
    trust_rule: str | None

    @classmethod
    def opened(
        cls, case: ValidatedCase, source: str, vault: Vault, *, doubts: Sequence[tuple[int, int, str]]
    ) -> "CaseDetail":
        """The case with its text unsealed."""
        sealed = case.input_sealed
        text = vault.open(sealed, "case").decode() if sealed is not None else None
        return cls(
            **case_fields(case, source),
            text=text,
            layers=sorted(case.media),
            doubts=[DoubtShown(start=start, end=end, rule=rule) for start, end, rule in doubts],
            details=dict(case.details),
            trust_rule=case.trust_rule,
        )


class Pushed(Shape):
    """`POST /cases`: what became of the pushed ones is the run's to tell."""

    status: str
    message: str
    run_id: UUID
    received: int
    links: dict[str, str]


def run_status(state: RunState) -> str:
    """The run's state as callers see it."""
    return "running" if state == RunState.LEASED else state.value


def run_ended(run: CollectionRun) -> bool:
    """Whether the run is over."""
    return ended(run.state)


def run_brief(run: CollectionRun) -> RunBrief:
    """A run in a line."""
    collected = int(run.counts.get("collected", 0))
    return RunBrief(run_id=run.id, status=run_status(run.state), collected=collected, ended_at=run.ended_at)


def case_fields(case: ValidatedCase, source: str) -> dict[str, object]:
    """The fields that every view of a case shows."""
    return {
        "id": case.id,
        "case_id": str(case.id),
        "source": source,
        "version": case.version,
        "model_type": case.model_type,
        "diagnosis": case.diagnosis,
        "icd_code": case.icd_code,
        "validation_status": _SHOWN.get(case.state, case.state.value),
        "state": case.state.value,
        "review_reasons": [str(reason) for reason in case.review_reasons],
        "confidence": case.confidence,
        "validated_at": case.validated_at,
        "data_quality_score": case.data_quality_score,
        "completeness_score": case.completeness_score,
        "is_anonymized": case.is_anonymized,
        "used_in_training": case.used_in_training,
        "subgroup": dict(case.subgroup),
        "created_at": case.created_at,
    }


def _run_message(run: CollectionRun, source: str) -> str:
    if run.state == RunState.COMPLETED:
        return f"{int(run.counts.get('collected', 0))} cases collected from {source}"
    if run.state in {RunState.FAILED, RunState.CANCELLED}:
        return f"the collection of {source} was {run.state.value}" + (f": {run.error}" if run.error else "")
    return f"{source} is being collected"
