"""What de-identification remembers, all of it sealed: replacements, a person's words, the site's words."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared.registry.tables.base import Table, one_of

SITE_WORDS = ("harmless", "identifier")


class Surrogate(Table):
    """What stands for one value of one person, drawn at random; `lookup` is the keyed hash of the value."""

    __tablename__ = "surrogates"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class PersonWords(Table):
    """Words that were somebody's name in a note of a person: they go from every other note of his."""

    __tablename__ = "person_words"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    sealed: Mapped[bytes]
    updated_at: Mapped[datetime]


class SiteWord(Table):
    """What a person of the site has said of a doubtful word: no identifier, or always one."""

    __tablename__ = "site_words"
    __table_args__ = (one_of("kind", SITE_WORDS),)
    lookup: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sealed: Mapped[bytes]
    decided_by: Mapped[str]
    created_at: Mapped[datetime]
