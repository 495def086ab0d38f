"""The label spaces of the site's model types."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.assertion import core
from shared.domain.labels import Entry, LabelSpace, is_stated
from shared.domain.naming import tokens
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import audit, testimonies
from shared.registry.tables import Label, ModelType
from shared.registry.tables.training import FAMILIES
from shared.vault import Vault

_DISTINCT = 5000  # different words looked at when the site learns one
DEFAULT_BASE = {"text_classifier": "minilm", "causal_lm": "smollm2-135m", "segmentation": "litemedsam"}


def of(session: Session, model_type: str) -> list[Entry]:
    """The labels of a model type with their codes and aliases, oldest first."""
    rows = session.scalars(
        select(Label).where(Label.model_type == model_type).order_by(Label.created_at, Label.label)
    )
    return [Entry(row.label, tuple(row.codes), tuple(row.aliases), row.must_not_miss) for row in rows]


def rows(session: Session, model_type: str) -> list[Label]:
    """The rows of a label space, by name."""
    return list(session.scalars(select(Label).where(Label.model_type == model_type).order_by(Label.label)))


def add(session: Session, model_type: str, entries: Iterable[Entry], *, now: datetime) -> None:
    """Make labels that are not there yet; a known one keeps what the site wrote of it."""
    rows = [
        {
            "model_type": model_type,
            "label": entry.label,
            "codes": list(entry.codes),
            "aliases": list(entry.aliases),
            "must_not_miss": entry.must_not_miss,
            "created_at": now,
        }
        for entry in entries
    ]
    if rows:
        session.execute(insert(Label).values(rows).on_conflict_do_nothing())


def must_not_miss(session: Session, model_type: str) -> set[str]:
    """The labels whose miss is dangerous."""
    dangerous = (Label.model_type == model_type) & Label.must_not_miss.is_(True)
    return set(session.scalars(select(Label.label).where(dangerous)))


def mark(
    session: Session, model_type: str, label: str, *, must_not_miss: bool, now: datetime, actor: str
) -> None:
    """Say whether missing a label is dangerous; comparisons that have begun keep what they began with.

    Raises:
        NotFoundError: the label space has no such label.
    """
    row = session.get(Label, (model_type, label))
    if row is None:
        raise NotFoundError(f"{model_type} has no label {label}", field="label", fix="`rounds types list`")
    row.must_not_miss = must_not_miss
    details = {"label": label, "must_not_miss": must_not_miss}
    audit.write(session, act="mark", subject=("labels", model_type), actor=actor, at=now, details=details)


@dataclass(frozen=True)
class Meaning:
    """Words of the clinic and the label they mean; perhaps in which language, and under which code."""

    words: str
    label: str
    language: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Unknown:
    """Words that no label has: how many waiting cases, and one code that stood beside them."""

    words: str | None  # None where they cannot be shown: they may name somebody
    n: int
    code: str | None


def unmapped(session: Session, model_type: str, *, vault: Vault, limit: int = 50) -> list[Unknown]:
    """The words that no label has, those over most waiting cases first; de-identified."""
    found = []
    for one in testimonies.unmapped(session, model_type, limit):
        content = json.loads(vault.open(one.sealed, testimonies.PURPOSE))
        found.append(Unknown(content.get("shown"), one.n, content.get("icd_code") or content.get("code")))
    return found


def learn(  # noqa: PLR0913 - what, of which type, made or not, by whom and when
    session: Session,
    model_type: str,
    meaning: Meaning,
    *,
    vault: Vault,
    now: datetime,
    actor: str,
    make: Entry | None = None,
) -> int:
    """Let words mean a label from now on; waiting cases that are called so are judged again. How many.

    Args:
        session: a session.
        model_type: whose label space.
        meaning: the words and the label.
        vault: opens what waits.
        now: the instant.
        actor: who says so.
        make: the label to make where the space has none of that name.

    Raises:
        NotFoundError: the space has no such label and none is to be made.
        InvalidInputError: the words name no disease.
        ConflictError: they are the name of another label.
    """
    words = core(meaning.words)
    if not is_stated(words):
        raise InvalidInputError("the words name no disease", field="words", fix="give a diagnosis")
    if session.get(Label, (model_type, meaning.label)) is None:
        if make is None:
            raise NotFoundError("the label space has no such label", field="label", fix="rounds types list")
        add(session, model_type, [make], now=now)
    space = LabelSpace.of(of(session, model_type))
    owner = space.own(words)
    if owner is not None and owner != meaning.label:
        raise ConflictError(f"the words are the name of {owner}", field="words", fix="validate the cases")
    _rename_alias(session, model_type, meaning)
    details = {"label": meaning.label, "language": meaning.language, "code": meaning.code}
    audit.write(session, act="learn", subject=("labels", model_type), actor=actor, at=now, details=details)
    return _ask_again(session, model_type, meaning.label, vault=vault)


def _rename_alias(session: Session, model_type: str, meaning: Meaning) -> None:
    """The words are this label's alias and no other's."""
    words = core(meaning.words)
    for row in session.scalars(select(Label).where(Label.model_type == model_type).with_for_update()):
        others = [name for name in row.aliases if tokens(name) != tokens(words)]
        if row.label != meaning.label:
            row.aliases = others if len(others) < len(row.aliases) else row.aliases
            continue
        row.aliases = [*others, words]
        if meaning.code:
            row.codes = list(dict.fromkeys([*row.codes, meaning.code.strip()]))
        if meaning.language:
            row.languages = {**row.languages, words: meaning.language}
    session.flush()


def _ask_again(session: Session, model_type: str, label: str, *, vault: Vault) -> int:
    """Every waiting case whose unmapped words now mean the label."""
    space, meant = LabelSpace.of(of(session, model_type)), []
    for one in testimonies.unmapped(session, model_type, _DISTINCT):
        content = json.loads(vault.open(one.sealed, testimonies.PURPOSE))
        code = content.get("icd_code") or content.get("code")
        if label in (space.name(core(content["diagnosis"]), code).label, space.by_code(content.get("code"))):
            meant.append(one.words)
    return testimonies.ask_again(session, words=meant)


def add_type(
    session: Session, name: str, *, family: str, base: str | None, now: datetime, actor: str
) -> ModelType:
    """Make a model type: a question of the site with a label space of its own.

    Raises:
        InvalidInputError: the family does not exist.
        ConflictError: the name is taken.
    """
    if family not in FAMILIES:
        raise InvalidInputError(
            f"{family} is no family", field="family", fix=f"use one of {', '.join(FAMILIES)}"
        )
    if session.scalar(select(ModelType.id).where(ModelType.name == name)) is not None:
        raise ConflictError(f"a model type named {name} exists", field="name")
    row = ModelType(name=name, family=family, base=base or DEFAULT_BASE[family], created_at=now)
    session.add(row)
    session.flush()
    audit.write(session, act="add", subject=("model_types", row.id), actor=actor, at=now)
    return row


def types(session: Session) -> list[tuple[ModelType, int]]:
    """Every model type with the size of its label space."""
    count = select(func.count()).where(Label.model_type == ModelType.name).scalar_subquery()
    return [(kind, size) for kind, size in session.execute(select(ModelType, count).order_by(ModelType.name))]
