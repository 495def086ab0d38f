"""How the rows of a source become cases: a TOML file of fields, templates and constants."""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import InvalidInputError

FOLDER = Path(__file__).parent / "mappings"
Row = Mapping[str, Any]
# What only our own sources say of a row; a file or a caller that says it is not believed.
_OURS = frozenset(
    {"also", "answer", "code", "coded", "consent", "narrative", "person_id", "picture", "record"}
)
_SLOT = re.compile(r"\{(\w+)\}")


class Related(BaseModel):
    """Rows of another table that belong to a page of cases."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str  # holds IN :keys
    on: str  # the column of the case whose values are the keys
    key: str  # the column of these rows that equals it


class StaffTable(BaseModel):
    """Where a source keeps who may validate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str
    name: str
    aliases: tuple[str, ...]
    role: str
    qualified_roles: tuple[str, ...]
    licence: str
    active: str


class FhirTerms(BaseModel):
    """How a FHIR source is read: its types, the site's choices of trust, how a server is signed in to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: tuple[str, ...] = ()  # asked of a server, in this order
    page_size: int = Field(200, ge=1)
    # A server that gives exports is asked for one instead of page after page.
    bulk: str = Field("", pattern=r"^(system|patient|group/[A-Za-z0-9.\-]{1,64})?$")
    asserter: str = Field("own", pattern="^(own|encounter_participant)$")
    not_qualified: tuple[str, ...] = ()
    record_system: str = ""  # of the record numbers that the site's applications use as they are
    token_file: Path | None = None
    client_id: str = ""
    key_file: Path | None = None
    key_id: str = ""
    token_url: str = ""
    scope: str = "system/*.read"


class DicomTerms(BaseModel):
    """How a DICOM source is read: what the site lets pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Whether an approval counts from whoever may give one in the imaging system, or from the site's list.
    reviewers: str = Field("trusted", pattern="^(trusted|known)$")
    # Photographs of people and volumes of heads, from which a face can be rendered.
    faces: str = Field("held", pattern="^(held|allowed)$")


class CaseMapping(BaseModel):
    """The form of a mapping file; `query` and what belongs to it are for SQL sources only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "cases"
    model_type: str = "diagnosis"
    shape: str = Field("case", pattern="^(case|plan)$")
    query: str | None = None
    key: str = "source_id"
    watermark: str | None = None
    overlap_seconds: int = Field(3600, ge=0)
    timeout_seconds: int = Field(60, ge=1)  # for one statement of a database
    page_size: int = Field(1000, ge=1, le=20_000)  # rows that are asked of a database at once
    text: tuple[str, ...] = ()
    fields: dict[str, str] = {}
    known: dict[str, str] = {}
    subgroup: dict[str, str] = {}
    constants: dict[str, Any] = {}
    values: dict[str, dict[str, str]] = {}
    labels: dict[str, str] = {}
    related: dict[str, Related] = {}
    staff: StaffTable | None = None
    fhir: FhirTerms = FhirTerms()
    dicom: DicomTerms = DicomTerms()

    def case(self, row: Row) -> dict[str, Any]:
        """One row in the case format; templates like "s2d-{group}" are filled, others name a column."""
        if not self.fields:
            return {name: value for name, value in row.items() if name not in _OURS} | self.constants
        found = {name: self._value(name, _fill(source, row)) for name, source in self.fields.items()}
        case = {name: value for name, value in found.items() if value not in (None, "")} | self.constants
        case.setdefault("source_id", row.get(self.key))
        if self.text:
            case["text"] = "\n".join(line for line in (_fill(one, row) for one in self.text) if line)
        for group, columns in (("known", self.known), ("subgroup", self.subgroup)):
            values = {name: self._value(name, _fill(source, row)) for name, source in columns.items()}
            case[group] = {name: value for name, value in values.items() if value not in (None, "", [])}
        for name in self.related:
            case[name] = row.get(name, [])
        return case

    def key_columns(self) -> tuple[str, ...]:
        """The columns that a row's key is made of."""
        source = self.fields.get("source_id", self.key)
        return tuple(_SLOT.findall(source)) or (source,)

    def columns(self) -> tuple[str, ...]:
        """Every column that the source's rows must have."""
        named = [*self.fields.values(), *self.known.values(), *self.subgroup.values()]
        slots = [slot for source in named for slot in _SLOT.findall(source) or (source,)]
        lines = [slot for line in self.text for slot in _SLOT.findall(line)]
        joined = [related.on for related in self.related.values()]
        ordered = (self.key, self.watermark or self.key) if self.query else ()
        return tuple(dict.fromkeys([*self.key_columns(), *ordered, *slots, *lines, *joined]))

    def key_of(self, row: Row) -> str:
        """The key of a row, as it is remembered."""
        return str(_fill(self.fields.get("source_id", self.key), row) or "").strip()

    def _value(self, name: str, value: Any) -> Any:
        words = self.values.get(name)
        return words.get(str(value).strip().casefold(), value) if words and value is not None else value


def read_mapping(text: str) -> CaseMapping:
    """Check the text of a mapping file.

    Raises:
        InvalidInputError: it is not TOML, or a key is unknown or wrong.
    """
    try:
        return CaseMapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"the mapping is not TOML: {error}", field="mapping") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"mapping, {place}: {first['msg']}", field=f"mapping.{place}") from None


@cache
def shipped() -> dict[str, Path]:
    """The mappings that come with Rounds, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def mapping_text(name_or_path: str | None) -> str:
    """The text of a shipped mapping or of a file; none is the case format itself.

    Raises:
        InvalidInputError: there is neither a shipped mapping nor a file of that name.
    """
    name = name_or_path or "cases"
    path = shipped().get(name) or Path(name)
    if not path.is_file():
        known = ", ".join(shipped())
        raise InvalidInputError(
            f"there is no mapping {name}", field="mapping", fix=f"a file, or one of {known}"
        )
    return path.read_text()


def flat(value: Any) -> str:
    """A column as words: JSON lists and objects are spoken in order, dates stay as the source writes them."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value).strip()
    if isinstance(value, Mapping):
        return " ".join(part for part in map(flat, value.values()) if part)
    if isinstance(value, list | tuple):
        return ", ".join(part for part in map(flat, value) if part)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


def _fill(source: str, row: Row) -> Any:
    """A column's value, or a template with its slots filled; a template with an empty slot is nothing."""
    slots = _SLOT.findall(source)
    if not slots:
        return row.get(source)
    words = {name: flat(row.get(name)) for name in slots}
    return str(source.format_map(words)) if all(words.values()) else None
