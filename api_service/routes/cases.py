"""Cases: their statistics, the list, one case, a clinician's word on it, the export of a sealed set."""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from flask import Response

from api_service import cursor
from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.parse import Body, CaseVerdict, Name, PageQuery, TypeQuery
from api_service.show.case_history import CaseAnonymized, CaseUses
from api_service.show.cases import Case, CaseDetail, Statistics
from api_service.show.shape import link
from shared.domain.cycle import CaseState
from shared.exports import text
from shared.exports.text import SPLITS
from shared.registry import (
    audit,
    cases,
    datasets,
    deid,
    lists,
    policies,
    schedules,
    sources,
    stats,
    validations,
    withdrawals,
)
from shared.registry.tables import DatasetVersion, ValidatedCase
from shared.registry.validations import Verdict

group = Group()
EXPORT = Rules(own_transactions=True, media_types=("application/x-ndjson", "text/csv"))
LINES_A_PIECE = 100
CASE_READERS = frozenset({Role.CLINICIAN, Role.STEWARD})
Status = Literal["pending", "validated", "rejected", "needs_review"]


class CasesQuery(PageQuery):
    """Which cases."""

    status: Status | None = None
    model_type: Name | None = None


class ExportQuery(Body):
    """Which sealed version, which side of it, in which format."""

    dataset_version: Name
    split: Literal["training", "evaluation"] | None = None
    format: Literal["jsonl", "chat", "alpaca", "csv"] = "jsonl"


@group.get("/cases/statistics", roles=READERS)
def statistics(call: Call, query: TypeQuery) -> Statistics:
    """How many cases stand where, how good they are, and what the next training waits for."""
    session = call.session
    return Statistics.of(
        stats.case_counts(session, query.model_type),
        stats.collected(session),
        trigger_after=policies.current(session)[1].train_after_new_cases,
        next_run=_next_collection(call),
    )


@group.get("/cases/export", roles=frozenset({Role.STEWARD}), rules=EXPORT)
def export(call: Call, query: ExportQuery) -> Response:
    """A sealed version as a file, never raw cases; that it was taken is written down beforehand."""
    splits = (query.split,) if query.split else SPLITS
    with call.deps.sessions.begin() as session:
        version = datasets.named(session, query.dataset_version)
        lapsed = datasets.lapsed(session, version.id)
        details = {"format": query.format, "splits": list(splits), "left_out": lapsed}
        subject = ("dataset_versions", version.id)
        audit.write(
            session, act="export", subject=subject, actor=call.caller.name, at=call.now, details=details
        )
    kind = "text/csv" if query.format == "csv" else "application/x-ndjson"
    answer = Response(_lines(call, version, splits, file_format=query.format), content_type=kind)
    answer.headers["X-Dataset-Sha256"] = version.sha256
    answer.headers["X-Dataset-Left-Out"] = str(sum(lapsed.get(split, 0) for split in splits))
    name = f"{version.name}.{'csv' if query.format == 'csv' else 'jsonl'}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@group.get("/cases", roles=CASE_READERS)
def list_cases(call: Call, query: CasesQuery) -> Reply[list[Case]]:
    """Cases newest first, without their text; the next page is in the Link header."""
    vault = call.deps.vault
    state = None if query.status is None else CaseState(query.status)
    after = cursor.read(vault, query.cursor)
    found = cases.page(call.session, state=state, model_type=query.model_type, after=after, limit=query.limit)
    headers = {}
    if len(found) == query.limit:
        following = cursor.written(vault, (found[-1].created_at, found[-1].id))
        asked = query.model_dump(mode="json", exclude_none=True) | {"cursor": following}
        headers["Link"] = f'<{link("cases")}?{urlencode(asked)}>; rel="next"'
    names = lists.source_names(call.session)
    return Reply([Case.of(case, names[case.source_id]) for case in found], headers=headers)


@group.get("/cases/{case_id}", roles=CASE_READERS)
def show_case(call: Call, case_id: UUID) -> CaseDetail:
    """One case with its de-identified text; that it was read is written down."""
    case = cases.get(call.session, case_id)
    subject = ("validated_cases", case.id)
    audit.write(call.session, act="read", subject=subject, actor=call.caller.name, at=call.now)
    doubts = deid.doubts_of(call.session, case.id)
    return CaseDetail.opened(case, _source(call, case), call.deps.vault, doubts=doubts)


@group.post("/cases/{case_id}/validate", roles=frozenset({Role.CLINICIAN}))
def validate(call: Call, case_id: UUID, verdict: CaseVerdict) -> Case:
    """Accept or reject a case, if need be with another diagnosis."""
    case = cases.get(call.session, case_id)
    call.session.refresh(case, with_for_update=True)
    word = Verdict(accept=verdict.status == "validated", diagnosis=verdict.diagnosis)
    validations.give(call.session, case, word, by=call.caller.name, now=call.now)
    return Case.of(case, _source(call, case))


@group.get("/cases/{case_id}/models", roles=READERS)
def used_by(call: Call, case_id: UUID) -> CaseUses:
    """Every dataset, job and model version that descends from a case."""
    found = withdrawals.descendants(call.session, [cases.get(call.session, case_id).id])
    return CaseUses.of(case_id, found)


@group.post("/cases/{case_id}/anonymize", roles=frozenset({Role.STEWARD}))
def anonymize(call: Call, case_id: UUID) -> CaseAnonymized:
    """What stands of a case is de-identified before anybody sees it; this says by what, for older clients."""
    case = cases.get(call.session, case_id)
    return CaseAnonymized.of(case, deid.report(call.session, case.id))


def _lines(
    call: Call, version: DatasetVersion, splits: Collection[str], *, file_format: str
) -> Iterator[str]:
    """The lines as they are read, in pieces of some size, from a session that lives as long as the answer."""
    with call.deps.sessions() as session:
        found = text.lines(session, version, splits, file_format=file_format, vault=call.deps.vault)
        while piece := list(islice(found, LINES_A_PIECE)):
            yield "".join(piece)


def _next_collection(call: Call) -> datetime | None:
    nightly = [row for row in schedules.every(call.session) if row.kind == "collect"]
    due = [schedules.next_due(row, call.now) for row in nightly]
    return min((instant for instant in due if instant is not None), default=None)


def _source(call: Call, case: ValidatedCase) -> str:
    return sources.get(call.session, case.source_id).name
