"""What de-identification remembers of persons and of the site, and which cases it has to look at again."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.errors import NotFoundError
from shared.registry.tables import DeidReport, Person, PersonWords, SiteWord, Surrogate, ValidatedCase
from shared.vault import Vault

WORDS, SURROGATES = "deid-words", "deid-surrogates"
MOST_WORDS = 400  # of one person
STANDING = (CaseState.VALIDATED, CaseState.NEEDS_REVIEW, CaseState.PENDING)


@dataclass(frozen=True)
class SiteWords:
    """What people of the site said of doubtful words."""

    harmless: frozenset[str] = frozenset()
    identifier: tuple[str, ...] = ()


def words_of(session: Session, persons: Collection[UUID], vault: Vault) -> dict[UUID, frozenset[str]]:
    """The names met in the notes of these persons, those of persons merged into them included."""
    found: dict[UUID, frozenset[str]] = {}
    whose = _merged_into(session, persons)
    for row in session.scalars(select(PersonWords).where(PersonWords.person_id.in_(whose))):
        words = frozenset(json.loads(vault.open(row.sealed, WORDS)))
        found[whose[row.person_id]] = found.get(whose[row.person_id], frozenset()) | words
    return found


def keep_words(
    session: Session, words: Mapping[UUID, Collection[str]], vault: Vault, *, now: datetime
) -> None:
    """Add names to those of the persons; of two that add at a time, both do."""
    wanted = {person: set(added) for person, added in words.items() if added}
    mine = select(PersonWords).where(PersonWords.person_id.in_(wanted)).order_by(PersonWords.person_id)
    before = {row.person_id: row for row in session.scalars(mine.with_for_update())}
    fresh = [
        {"person_id": person, "sealed": _sealed(wanted[person], vault), "updated_at": now}
        for person in sorted(wanted.keys() - before.keys())
    ]
    if fresh:
        statement = upsert(PersonWords).on_conflict_do_nothing().returning(PersonWords.person_id)
        made = set(session.scalars(statement, fresh))
        late = wanted.keys() - before.keys() - made
        if late:
            keep_words(session, {person: wanted[person] for person in late}, vault, now=now)
    for person, row in before.items():
        known = set(json.loads(vault.open(row.sealed, WORDS)))
        if not known.issuperset(wanted[person]):
            row.sealed, row.updated_at = _sealed(known | wanted[person], vault), now


def surrogates_of(session: Session, persons: Collection[UUID], vault: Vault) -> dict[UUID, dict[str, str]]:
    """What stands for what, for each of these persons, by class and folded value."""
    found: dict[UUID, dict[str, str]] = {}
    whose = _merged_into(session, persons)
    mine = select(Surrogate).where(Surrogate.person_id.in_(whose))
    for row in session.scalars(mine.order_by(Surrogate.created_at, Surrogate.lookup)):
        value, stands = json.loads(vault.open(row.sealed, SURROGATES))
        found.setdefault(whose[row.person_id], {}).setdefault(value, stands)
    return found


def keep_surrogates(
    session: Session, drawn: Mapping[UUID, Mapping[str, str]], vault: Vault, *, now: datetime
) -> None:
    """Keep what was drawn; a value that has a surrogate keeps that one."""
    rows = [
        {
            "person_id": person,
            "lookup": vault.keyed_hash(f"{person}|{value}", SURROGATES),
            "sealed": vault.seal(json.dumps([value, stands], ensure_ascii=False).encode(), SURROGATES),
            "created_at": now,
        }
        for person, pairs in drawn.items()
        for value, stands in pairs.items()
    ]
    if rows:
        session.execute(upsert(Surrogate).on_conflict_do_nothing(), rows)


def site_words(session: Session, vault: Vault) -> SiteWords:
    """Every word that the site's people have judged."""
    rows = session.scalars(select(SiteWord).order_by(SiteWord.created_at, SiteWord.lookup)).all()
    said = [(row.kind, vault.open(row.sealed, WORDS).decode()) for row in rows]
    return SiteWords(
        frozenset(word for kind, word in said if kind == "harmless"),
        tuple(word for kind, word in said if kind == "identifier"),
    )


def judge_words(
    session: Session, words: Collection[str], kind: str, *, vault: Vault, by: str, now: datetime
) -> None:
    """Write down what somebody says of these folded words; the latest word counts."""
    for word in sorted(words):
        row = {
            "lookup": vault.keyed_hash(word, WORDS),
            "kind": kind,
            "sealed": vault.seal(word.encode(), WORDS),
            "decided_by": by,
            "created_at": now,
        }
        statement = upsert(SiteWord).values(row)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["lookup"],
                set_={name: row[name] for name in ("kind", "sealed", "decided_by", "created_at")},
            )
        )


def report(session: Session, case_id: UUID) -> DeidReport:
    """The report of one case.

    Raises:
        NotFoundError: the case was never de-identified.
    """
    found = session.get(DeidReport, case_id)
    if found is None:
        raise NotFoundError(f"case {case_id} has no de-identification report", field="case_id")
    return found


def held(session: Session, *, limit: int) -> list[tuple[ValidatedCase, DeidReport]]:
    """The cases that wait for a person to look at a doubtful span, oldest first."""
    query = (
        select(ValidatedCase, DeidReport)
        .join(DeidReport, DeidReport.case_id == ValidatedCase.id)
        .where(DeidReport.verdict == "quarantine", ValidatedCase.state == CaseState.NEEDS_REVIEW)
        .order_by(ValidatedCase.created_at, ValidatedCase.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def doubts_of(session: Session, case_id: UUID) -> list[tuple[int, int, str]]:
    """Where in a held case an identifier may be left, by which rule; nothing for one that passed."""
    details = session.scalar(select(DeidReport.details).filter_by(case_id=case_id)) or {}
    return [(int(start), int(end), str(rule)) for start, end, rule in details.get("doubts", ())]


def to_look_at_again(
    session: Session, engines: Collection[str], *, after: UUID | None, limit: int
) -> list[tuple[ValidatedCase, DeidReport]]:
    """Standing cases by their ids: of other engines, held back, or of a person who has more words now."""
    learnt_since = (
        select(PersonWords.person_id)
        .where(PersonWords.person_id == ValidatedCase.person_id)
        .where(PersonWords.updated_at > DeidReport.created_at)
        .exists()
    )
    query = (
        select(ValidatedCase, DeidReport)
        .join(DeidReport, DeidReport.case_id == ValidatedCase.id)
        .where(ValidatedCase.state.in_(STANDING), ValidatedCase.input_sealed.is_not(None))
        .where(or_(DeidReport.engine.not_in(engines), DeidReport.verdict == "quarantine", learnt_since))
        .order_by(ValidatedCase.id)
        .limit(limit)
    )
    rows = session.execute(query if after is None else query.where(ValidatedCase.id > after))
    return [(row[0], row[1]) for row in rows]


def behind(session: Session, engine: str) -> int:
    """How many standing cases no run of this engine has looked at."""
    query = (
        select(func.count())
        .select_from(DeidReport)
        .join(ValidatedCase, ValidatedCase.id == DeidReport.case_id)
        .where(DeidReport.engine != engine, ValidatedCase.state.in_(STANDING))
    )
    return int(session.scalar(query) or 0)


def _merged_into(session: Session, persons: Collection[UUID]) -> dict[UUID, UUID]:
    """These persons and all that were merged into them, each with the one of `persons` that it is now."""
    found = {person: person for person in persons}
    asked = set(persons)
    while asked:
        query = select(Person.id, Person.merged_into).where(Person.merged_into.in_(asked))
        more = {row.id: found[row.merged_into] for row in session.execute(query) if row.id not in found}
        found |= more
        asked = set(more)
    return found


def _sealed(words: Collection[str], vault: Vault) -> bytes:
    return vault.seal(json.dumps(sorted(words)[:MOST_WORDS], ensure_ascii=False).encode(), WORDS)
