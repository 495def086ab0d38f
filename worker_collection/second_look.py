"""After a run: near duplicates meet, contradictions and suspicions are held, what waits is judged again."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain import suspicion
from shared.domain.bells import TaskName
from shared.domain.cycle import CaseState
from shared.domain.suspicion import CLOSE_SECONDS, LEAST_RUN, Found
from shared.registry import models, outbox, policies, second_reads, suspicions, testimonies
from shared.registry.suspicions import Island, Torn
from shared.registry.tables import ModelType, ValidatedCase, ValidatorFinding
from worker_collection import duplicates, rejudge
from worker_collection.deps import Deps

CONFLICT, BURST, COPIED = "same_text_other_label", "burst_signing", "copied_text"
CLUSTER_SECONDS = 20.0  # of a run; the near duplicates of a large one are found after it
_CLEAR_MAJORITY, _LEAST_MAJORITY = 0.9, 10


def look_again(run_id: UUID, model_type: str, deps: Deps) -> Counter[str]:
    """Look at a run's cases together with all others; how many of its own went up for review, by reason.

    Doing it again changes nothing. Cases that a clinician read one by one stay as they were read.
    """
    if not duplicates.cluster(model_type, deps, seconds=CLUSTER_SECONDS):
        with deps.sessions.begin() as session:
            outbox.ring(session, TaskName.JUDGE_AGAIN, models.model_type(session, model_type).id)
    by = f"run:{run_id}"
    with deps.sessions.begin() as session:
        now = deps.clock()
        torn = _contradicting(suspicions.conflicts(session, run_id, model_type))
        moved = {
            CONFLICT: suspicions.hold(session, torn, CONFLICT, by=by, now=now),
            BURST: _hold_bursts(session, run_id, model_type, by=by, now=now),
            COPIED: _hold_copies(session, run_id, model_type, by=by, now=now),
        }
        _draw_second_reads(session, run_id, deps, by=by)
    held = Counter({reason: runs.count(run_id) for reason, runs in moved.items()})
    rejudge.waiting(deps, by=by)
    rejudge.mask_waiting(deps)
    with deps.sessions.begin() as session:
        testimonies.drop_decided(session)
    return +held


def go_on(model_type_id: UUID, deps: Deps) -> None:
    """What a run left for after it: near duplicates still to be placed, waiting cases to be judged again."""
    rejudge.waiting(deps, by="judge again")
    with deps.sessions() as session:
        name = session.get_one(ModelType, model_type_id).name
    if not duplicates.cluster(name, deps, seconds=CLUSTER_SECONDS):
        with deps.sessions.begin() as session:
            outbox.ring(session, TaskName.JUDGE_AGAIN, model_type_id)


def _draw_second_reads(session: Session, run_id: UUID, deps: Deps, *, by: str) -> None:
    """Put the policy's share of the run's cases before a second reader; the lot falls the same again."""
    share = policies.current(session)[1].second_read_share
    if share <= 0:
        return
    mine = (ValidatedCase.run_id == run_id) & (ValidatedCase.state == CaseState.VALIDATED)
    found = session.scalars(select(ValidatedCase).where(mine, ValidatedCase.curated.is_(False)))
    drawn = [case for case in found if _lot(deps.vault.keyed_hash(str(case.id), "second read")) < share]
    second_reads.ask(session, drawn, why="policy", by=by, now=deps.clock())


def _lot(digest: bytes) -> float:
    return int.from_bytes(digest[:8], "big") / 2**64


def _contradicting(torn: Sequence[Torn]) -> list[UUID]:
    """Of one text with several labels all cases, or the few that stand against a clear majority."""
    groups: dict[bytes, list[Torn]] = defaultdict(list)
    for one in torn:
        groups[one.same].append(one)
    return [case_id for group in groups.values() for case_id in _minority(group)]


def _minority(group: Sequence[Torn]) -> list[UUID]:
    labels = Counter(one.label for one in group)
    label, most = labels.most_common(1)[0]
    clear = most >= _LEAST_MAJORITY and most >= _CLEAR_MAJORITY * len(group)
    against = [
        one
        for one in group
        if any(other.label != one.label and other.person_id != one.person_id for other in group)
    ]
    return [one.case_id for one in against if not (clear and one.label == label)]


def _hold_bursts(session: Session, run_id: UUID, model_type: str, *, by: str, now: datetime) -> list[UUID]:
    known = {"close_seconds": CLOSE_SECONDS, "least": LEAST_RUN}
    islands = suspicions.islands(session, run_id, model_type, **known)
    held: list[UUID] = []
    for island in (one for one in islands if one.touched):
        found = suspicion.burst(island.n, *_elsewhere(island, islands))
        if found is None:
            continue
        what = {"kind": BURST, "mark": island.began.isoformat(), "n": island.n}
        suspicions.note(session, _finding(found, what, who=island.who, model_type=model_type, now=now))
        began, ended = island.began, island.ended
        cases = suspicions.signed(session, island.who, model_type, began=began, ended=ended)
        held += suspicions.hold(session, cases, BURST, by=by, now=now)
    return held


def _elsewhere(island: Island, islands: Iterable[Island]) -> tuple[int, int]:
    """Close gaps and all gaps of peers, and of the clinician's own signatures that form no run."""
    own = [one for one in islands if one.who == island.who]
    return island.all_close - sum(one.close for one in own), island.all_gaps - sum(one.gaps for one in own)


def _hold_copies(session: Session, run_id: UUID, model_type: str, *, by: str, now: datetime) -> list[UUID]:
    used = suspicions.copies(session, run_id, model_type)
    most, cases = sum(one.persons for one in used), sum(one.cases for one in used)
    held: list[UUID] = []
    for one in (each for each in used if each.touched):
        found = suspicion.copied(one.persons, one.cases, (most - one.persons, cases - one.cases))
        if found is None:
            continue
        what = {"kind": COPIED, "mark": one.same.hex(), "n": one.persons}
        suspicions.note(session, _finding(found, what, who=one.who, model_type=model_type, now=now))
        mine = suspicions.having(session, one.who, model_type, same=one.same)
        held += suspicions.hold(session, mine, COPIED, by=by, now=now)
    return held


def _finding(
    found: Found, what: Mapping[str, Any], *, who: UUID, model_type: str, now: datetime
) -> ValidatorFinding:
    low, high = found.interval
    details = {
        "share": found.seen / found.of,
        "low": low,
        "high": high,
        "expected_share": found.expected_share,
        "chance": found.chance,
        "of": found.of,
    }
    return ValidatorFinding(validator_id=who, model_type=model_type, **what, details=details, found_at=now)
