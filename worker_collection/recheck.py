"""Cases of an older engine are looked at again; what was held back goes on once nothing is doubted."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.registry import deid, moves, policies
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import DeidReport, QualityReport, ValidatedCase
from worker_collection.deidentify import ENGINE, FAILED, NOTE_SECONDS, Doubt, Manner, Whose, known_of
from worker_collection.deps import Deps
from worker_collection.phi import engine, leaks
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span
from worker_collection.record import surrogates
from worker_collection.terms import manner_of
from worker_collection.time_limit import TookTooLongError, time_limit

ACTOR, HELD = "deidentify", "deid_quarantine"
BATCH = 200
LABELS = (
    "NAME", "DATE", "AGE", "ADDRESS", "HOSPITAL", "ORG", "PHONE", "FAX", "EMAIL", "SSN", "MRN", "HEALTHPLAN",
    "ACCOUNT", "LICENSE", "VEHICLE", "DEVICE", "URL", "IP", "ID", "BIOMETRIC",
)  # fmt: skip
_WORDS = re.compile(r"\w+")
_MARK = re.compile(rf"\[(?:{'|'.join([*LABELS, 'DIAGNOSIS', 'REMOVED', 'CLINICIAN'])})\]|\b90\+")


@dataclass
class Rechecked:
    """What became of the cases that were looked at."""

    engine: str = ENGINE
    looked_at: int = 0
    clean: int = 0
    released: int = 0
    held: int = 0


def recheck(deps: Deps) -> Rechecked:
    """Look at standing cases of another engine, that are held back, or whose person has more words now.

    What it finds quarantines the case until a person has answered; datasets that are sealed do not change.
    """
    outcome, after = Rechecked(), None
    while True:
        with deps.sessions.begin() as session:
            manner = manner_of(policies.current(session)[1], deid.site_words(session, deps.vault))
            outcome.engine = manner.engine
            # What the tagger has read, too, needs no second reading by rules alone.
            rows = deid.to_look_at_again(session, {ENGINE, manner.engine}, after=after, limit=BATCH)
            if not rows:
                return outcome
            persons = {case.person_id for case, _ in rows}
            words = deid.words_of(session, persons, deps.vault)
            drawn = deid.surrogates_of(session, persons, deps.vault)
            for case, report in rows:
                whose = words.get(case.person_id, frozenset())
                ours = surrogates(drawn.get(case.person_id, {}))
                found = look(opened(case, deps), whose, manner=manner, ours=ours, now=deps.clock())
                _settle(session, case, report, found=found, now=deps.clock(), outcome=outcome)
            after = rows[-1][0].id


def look(
    text: str, words: Collection[str], *, manner: Manner, ours: Collection[str] = (), now: datetime
) -> tuple[Doubt, ...]:
    """What the present engine finds or doubts in a text that was de-identified before; empty where nothing.

    Args:
        text: the case's text, with labels or surrogates in it.
        words: names met in the person's notes.
        manner: the site's policy and words.
        ours: surrogates of the person, which are nobody.
        now: for years that would show an age over 89.
    """
    marks = [match.span() for match in _MARK.finditer(text)]
    invented = {word for value in ours for word in _WORDS.findall(value.casefold())}
    try:
        with time_limit(NOTE_SECONDS):
            who = known_of({}, manner, Whose(words))
            unsure: list[tuple[Span, float]] = []
            spans = engine.find(Page(text), who, this_year=now.year, tagged=manner.tagged, unsure=unsure)
            found = [span for span in spans if _is_news(text, span, marks=marks, invented=invented)]
            maybe = [
                (one.start, one.end, chance)
                for one, chance in unsure
                if _is_news(text, one, marks=marks, invented=invented)
            ]
            doubts = leaks.doubts(text, who, ours=marks, harmless=manner.harmless | invented, maybe=maybe)
    except TookTooLongError:
        return (Doubt(0, 0, "took_too_long"),)
    except Exception:  # noqa: BLE001 - whatever it is, the case is held back
        return (Doubt(0, 0, FAILED),)
    return (*(Doubt(span.start, span.end, f"found_{span.label.lower()}") for span in found), *doubts)


def _is_news(text: str, span: Span, *, marks: Sequence[tuple[int, int]], invented: Collection[str]) -> bool:
    """Whether a span holds more than what was put in before."""
    left = list(text[span.start : span.end])
    for start, end in marks:
        if start < span.end and end > span.start:
            low, high = max(start, span.start) - span.start, min(end, span.end) - span.start
            left[low:high] = " " * (high - low)
    words = _WORDS.findall("".join(left))
    return span.put != text[span.start : span.end] and any(word.casefold() not in invented for word in words)


def opened(case: ValidatedCase, deps: Deps) -> str:
    """The case's text."""
    return deps.vault.open(case.input_sealed or b"", CASE_PURPOSE).decode()


def _settle(  # noqa: PLR0913 - a case, its report and what was found
    session: Session,
    case: ValidatedCase,
    report: DeidReport,
    *,
    found: tuple[Doubt, ...],
    now: datetime,
    outcome: Rechecked,
) -> None:
    outcome.looked_at += 1
    was_held = report.verdict == "quarantine"
    if was_held and "doubts" not in report.details:
        outcome.held += 1  # there never was a text to look at
        return
    report.engine = outcome.engine
    if found:
        outcome.held += 1
        hold(session, case, report, found=found, now=now)
        return
    outcome.clean += 1
    outcome.released += was_held
    release(session, case, report, by=ACTOR, now=now)


def hold(
    session: Session, case: ValidatedCase, report: DeidReport, *, found: Sequence[Doubt], now: datetime
) -> None:
    """Hold a case back for a person to look at."""
    report.verdict, report.created_at = "quarantine", now
    report.reasons = list(leaks.codes(found))
    report.details = report.details | {"doubts": [[one.start, one.end, one.code] for one in found]}
    case.is_anonymized, case.anonymization_date, case.updated_at = False, None, now
    if HELD not in case.review_reasons:
        case.review_reasons = [HELD, *case.review_reasons]
    if case.state != CaseState.NEEDS_REVIEW:
        moves.move(session, case, CaseState.NEEDS_REVIEW, by=ACTOR, at=now, why="an identifier may be left")


def release(session: Session, case: ValidatedCase, report: DeidReport, *, by: str, now: datetime) -> None:
    """Let a case on in which nothing is doubted; it is valid where nothing else stands against it."""
    was_held = report.verdict == "quarantine"
    report.verdict, report.reasons, report.created_at = "pass", [], now
    report.details = {name: value for name, value in report.details.items() if name != "doubts"}
    case.is_anonymized, case.anonymization_date, case.updated_at = True, now.date(), now
    if not was_held:
        return
    left = [reason for reason in case.review_reasons if reason != HELD]
    quality = session.get(QualityReport, case.id)
    if quality is not None and "very_short_text" in quality.checks.get("reasons", ()):
        left.append("too_little_text")
    case.review_reasons = left
    if not left and case.diagnosis is not None and case.state == CaseState.NEEDS_REVIEW:
        moves.move(session, case, CaseState.VALIDATED, by=by, at=now, why="no identifier is left")


def case_and_report(session: Session, case_id: UUID) -> tuple[ValidatedCase, DeidReport]:
    """A case with its report, both locked."""
    report = deid.report(session, case_id)
    session.refresh(report, with_for_update=True)
    case = session.get_one(ValidatedCase, case_id, with_for_update=True)
    return case, report
