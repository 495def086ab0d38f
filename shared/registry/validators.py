"""Validators: the clinicians whose diagnoses may become labels, found by id, e-mail or name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session

from shared.errors import ConflictError, NotFoundError
from shared.registry import audit, policies, suspicions, testimonies
from shared.registry.tables import ValidatedCase, Validator
from shared.vault import Vault

LAPSED = "validator_lapsed"

_TITLE = re.compile(r"^(?:(?:dr|doctor|prof|professor|mr|mrs|ms|sr|sister|nurse)\b\.?\s*)+")


@dataclass(frozen=True)
class Staff:
    """One user of a source, as the source has it now."""

    name: str
    aliases: tuple[str, ...]
    role: str
    qualified: bool
    active: bool


def alias(text: str) -> str:
    """One spelling of an id, an e-mail address or a name: no case, no title, no punctuation around words."""
    bare = _TITLE.sub("", text.strip().casefold())
    return bare if "@" in bare else " ".join(re.findall(r"[^\W_]+", bare))


@dataclass(frozen=True)
class Change:
    """What of a validator is to be otherwise; None stays as it is."""

    role: str | None = None
    qualified: bool | None = None
    active: bool | None = None
    aliases: tuple[str, ...] = ()  # more of them


def add(  # noqa: PLR0913 - who, by whom, of which source, when
    session: Session,
    staff: Staff,
    *,
    now: datetime,
    actor: str,
    source_id: UUID | None = None,
    vault: Vault | None = None,
) -> Validator:
    """Register a validator by hand; with the vault, cases that waited for this signature are judged again.

    Raises:
        ConflictError: the name is taken.
    """
    if session.scalar(select(Validator.id).where(Validator.name == staff.name)) is not None:
        raise ConflictError("a validator of this name exists", field="name", fix="rounds validator list")
    row = _row(staff, source_id, now)
    session.add(row)
    session.flush()
    audit.write(session, act="add", subject=("validators", row.id), actor=actor, at=now)
    if vault is not None:
        testimonies.ask_again(session, signatures=_signatures(row, vault))
    return row


def named(session: Session, name: str) -> Validator:
    """The validator of a name or id.

    Raises:
        NotFoundError: there is none, or the name could mean two.
    """
    row = session.scalar(select(Validator).where(Validator.name == name)) or index(
        session, None, everywhere=True
    ).get(alias(name))
    if row is None:
        raise NotFoundError("there is no such validator", field="validator", fix="rounds validator list")
    return row


def change(
    session: Session, row: Validator, wanted: Change, *, vault: Vault, now: datetime, actor: str
) -> None:
    """Let a validator be otherwise from now on.

    Whoever becomes qualified or active has the waiting cases judged again. Whose qualification ends signs no
    more labels; past ones stay, unless the policy wants them read again.
    """
    before = _vouches(row)
    row.role = wanted.role if wanted.role is not None else row.role
    row.qualified = wanted.qualified if wanted.qualified is not None else row.qualified
    row.active = wanted.active if wanted.active is not None else row.active
    row.aliases = list(dict.fromkeys([*row.aliases, *wanted.aliases]))
    session.flush()
    details = {"role": row.role, "qualified": row.qualified, "active": row.active}
    audit.write(session, act="change", subject=("validators", row.id), actor=actor, at=now, details=details)
    testimonies.ask_again(session, signatures=_signatures(row, vault))
    _follow_up(session, row, vouched=before, now=now, actor=actor)


def newcomers(session: Session, since: datetime, vault: Vault) -> list[bytes]:
    """The signatures of validators who became known since an instant."""
    rows = session.scalars(select(Validator).where(Validator.created_at >= since))
    return [name for row in rows for name in _signatures(row, vault)]


def _signatures(row: Validator, vault: Vault) -> list[bytes]:
    spellings = {alias(name) for name in (row.name, *row.aliases) if name} - {""}
    return [testimonies.signed_by(name, vault) for name in sorted(spellings)]


def _vouches(row: Validator) -> bool:
    return bool(row.qualified and row.active)


def _follow_up(session: Session, row: Validator, *, vouched: bool, now: datetime, actor: str) -> None:
    """What a change of standing means for the cases that were signed before."""
    if _vouches(row) == vouched:
        return
    testimonies.ask_again(session, validator_id=row.id)
    if vouched and policies.current(session)[1].review_lapsed_validators:
        signed = select(ValidatedCase.id).where(ValidatedCase.validated_by == row.id)
        suspicions.hold(session, list(session.scalars(signed)), LAPSED, by=actor, now=now)


def follow(session: Session, staff: Iterable[Staff], *, source_id: UUID, now: datetime) -> None:
    """Bring the validators of one source to what its staff table says now.

    The first alias, the source's own id, says who is who: two people may have one name. Whom a person
    registered by hand under the same name stays as that person wrote it.
    """
    every_row = list(session.scalars(select(Validator)))
    held = {row.aliases[0]: row for row in every_row if row.source_id == source_id and row.aliases}
    taken, by_hand = {row.name for row in every_row}, {row.name for row in every_row if not row.source_id}
    for member in (one for one in staff if one.name not in by_hand):
        row = held.get(member.aliases[0]) if member.aliases else None
        if row is None:
            row = _row(replace(member, name=_free(member.name, taken)), source_id, now)
            taken.add(row.name)
            session.add(row)
        else:
            before = _vouches(row)
            row.aliases, row.role = list(member.aliases), member.role
            row.qualified, row.active = member.qualified, member.active
            _follow_up(session, row, vouched=before, now=now, actor=f"source:{source_id}")
    session.flush()


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where others have it."""
    numbered = (f"{name} ({number})" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def index(session: Session, source_id: UUID | None, *, everywhere: bool = False) -> dict[str, Validator]:
    """Validators by every alias that leads to one alone: those of the source and those added by hand.

    `everywhere` takes those of all sources, for answers that come from the site itself.
    """
    mine = or_(Validator.source_id == source_id, Validator.source_id.is_(None), literal(everywhere))
    found: dict[str, Validator | None] = {}
    for row in session.scalars(select(Validator).where(mine)):
        for text in {alias(name) for name in (row.name, *row.aliases) if name} - {""}:
            known = found.setdefault(text, row)
            found[text] = row if known is row else None
    return {text: row for text, row in found.items() if row is not None}


def resolve(validators: Mapping[str, Validator], written: str | None) -> Validator | None:
    """Who a free-text signature is; None for nobody, or where it could be two."""
    return validators.get(alias(written)) if written and written.strip() else None


def every(session: Session) -> list[Validator]:
    """All validators by name."""
    return list(session.scalars(select(Validator).order_by(Validator.name)))


def _row(staff: Staff, source_id: UUID | None, now: datetime) -> Validator:
    return Validator(
        name=staff.name,
        aliases=list(staff.aliases),
        role=staff.role,
        qualified=staff.qualified,
        active=staff.active,
        source_id=source_id,
        created_at=now,
    )
