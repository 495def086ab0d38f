"""What waiting cases were judged by: sealed until they are decided, judged again when the site learns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.domain.naming import plain
from shared.registry import bulk
from shared.registry.tables import Testimony, ValidatedCase
from shared.vault import Vault

PURPOSE = "testimony"
WAITING = (CaseState.NEEDS_REVIEW, CaseState.PENDING)


@dataclass(frozen=True)
class Unmapped:
    """Words that no label has, and over how many waiting cases; `sealed` is one of their testimonies."""

    words: bytes
    n: int
    sealed: bytes


def words_of(diagnosis: str, vault: Vault) -> bytes:
    """The keyed hash of a diagnosis, the same for every spelling of it."""
    return vault.keyed_hash(" ".join(sorted(plain(diagnosis).split())), PURPOSE)


def signed_by(name: str, vault: Vault) -> bytes:
    """The keyed hash of a signature in one spelling, as `validators.alias` gives it."""
    return vault.keyed_hash(f"signed:{name}", PURPOSE)


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what these waiting cases were judged by."""
    bulk.copy(session, Testimony, rows)


def ask_again(
    session: Session,
    *,
    signatures: Collection[bytes] = (),
    words: Collection[bytes] = (),
    validator_id: UUID | None = None,
) -> int:
    """Let waiting cases be judged again, by who signed or by what they are called; how many they are."""
    meant = or_(Testimony.signature.in_(signatures), Testimony.words.in_(words))
    if validator_id is not None:
        mine = select(ValidatedCase.id).where(ValidatedCase.validated_by == validator_id)
        meant = or_(meant, Testimony.case_id.in_(mine))
    asked = update(Testimony).where(meant).values(stale=True).returning(Testimony.case_id)
    return len(session.scalars(asked).all())


def stale(session: Session, limit: int) -> list[Testimony]:
    """Testimonies that wait to be judged again, locked; others may take the rest."""
    waiting = select(Testimony).where(Testimony.stale.is_(True)).order_by(Testimony.case_id).limit(limit)
    return list(session.scalars(waiting.with_for_update(skip_locked=True)))


def unmapped(session: Session, model_type: str, limit: int = 50) -> list[Unmapped]:
    """The words that no label has, those over most waiting cases first."""
    standing = select(ValidatedCase.id).where(ValidatedCase.state.in_(WAITING))
    mine = (Testimony.model_type == model_type) & Testimony.words.is_not(None)
    count = func.count().label("n")
    grouped = select(Testimony.words, count).where(mine, Testimony.case_id.in_(standing))
    found = session.execute(
        grouped.group_by(Testimony.words).order_by(count.desc(), Testimony.words).limit(limit)
    ).all()
    one_of_each = session.execute(
        select(Testimony.words, Testimony.sealed)
        .where(mine, Testimony.words.in_([row.words for row in found]))
        .order_by(Testimony.words, Testimony.case_id)
        .ext(distinct_on(Testimony.words))
    )
    sealed = {bytes(row.words): bytes(row.sealed) for row in one_of_each}
    return [Unmapped(bytes(row.words), row.n, sealed[bytes(row.words)]) for row in found]


def drop(session: Session, case_ids: Collection[UUID]) -> None:
    """Forget what cases were judged by, once they are decided."""
    session.execute(delete(Testimony).where(Testimony.case_id.in_(case_ids)))


def drop_decided(session: Session) -> None:
    """Forget the testimonies of all cases that do not wait any more."""
    over = select(ValidatedCase.id).where(
        ValidatedCase.id == Testimony.case_id, ValidatedCase.state.not_in(WAITING)
    )
    session.execute(delete(Testimony).where(over.exists()))
