"""One row of a source, read strictly, before anything is decided about it; it is never stored as it is."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Any, TypeVar

from shared.domain.eligibility import Answer
from shared.domain.health_records import Record
from shared.domain.naming import plain
from shared.domain.people import clues, sounds
from shared.errors import InvalidInputError
from shared.registry.persons import Identity, record
from worker_collection.pictured import Pictured

_AGE = re.compile(r"\s*(\d{1,3})\s*(y|yr|yrs|year|years|m|mo|month|months|d|days)?\b", re.IGNORECASE)
_Form = TypeVar("_Form")
_DATE_FORMS = (
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%Y/%m/%d",
)


class RowError(InvalidInputError):
    """A row cannot become a case; `reason` is one word for the counts, and no value is repeated."""

    code = "bad_row"

    def __init__(self, reason: str) -> None:
        super().__init__(f"a row was refused: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class Draft:
    """A row in the case format with its dates and numbers read."""

    source_id: str
    text: str
    identity: Identity
    is_plan: bool = False
    diagnosis: str | None = None
    icd_code: str | None = None
    confidence: float | None = None
    validated_by: str | None = None
    validated_at: datetime | None = None
    status: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    age: int | None = None
    subgroup: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    follow_ups: Sequence[Mapping[str, Any]] = ()
    discharge_summaries: Sequence[Mapping[str, Any]] = ()
    code: str | None = None  # of a terminology other than ICD-10
    coded: str | None = None  # the name of the code, where the words say something else
    is_narrative: bool = True  # whether somebody wrote the text
    consent: str | None = None  # "refused" or "given", where the source knows
    changed_at: datetime | None = None  # by the source's own clock
    record: Record | None = None
    answer: Answer | None = None
    picture: Pictured | None = None  # pixels that are cleaned and stored already


def read(row: Mapping[str, Any], *, source: str, is_plan: bool, zone: tzinfo) -> Draft:
    """Read one row of the case format.

    Args:
        row: the mapped row.
        source: the source's name, which keeps persons apart that no row names.
        is_plan: whether the row is a treatment plan with a status and dates.
        zone: the site's zone, for dates that have none.

    Raises:
        RowError: something a case needs is missing or wrong.
    """
    source_id, text = _text(row, "source_id"), _text(row, "text")
    if not source_id:
        raise RowError("no_source_id")
    picture = _part(row, "picture", Pictured.read)
    if not text and picture is None:
        raise RowError("no_text")
    known = _object(row, "known")
    age = age_in_years(row.get("age") if row.get("age") is not None else known.get("age"))
    subgroup = {name: str(value) for name, value in _object(row, "subgroup").items()}
    if "age_band" not in subgroup and age is not None:
        subgroup["age_band"] = age_band(age)
    return Draft(
        source_id=source_id,
        text=text,
        identity=identity(row, known, age=age, fallback=f"{source}/{source_id}", subgroup=subgroup),
        is_plan=is_plan,
        diagnosis=_text(row, "diagnosis") or None,
        icd_code=_text(row, "icd_code").upper() or None,
        confidence=_share(row.get("confidence")),
        validated_by=_text(row, "validated_by") or None,
        validated_at=instant(row.get("validated_at"), zone),
        status=_text(row, "status") or None,
        starts=instant(row.get("starts"), zone),
        ends=instant(row.get("ends"), zone),
        age=age,
        subgroup=subgroup,
        known=known,
        follow_ups=row.get("follow_ups") or (),
        discharge_summaries=row.get("discharge_summaries") or (),
        code=_text(row, "code") or None,
        coded=_text(row, "coded") or None,
        is_narrative=row.get("narrative") is not False,
        consent=_text(row, "consent") or None,
        changed_at=instant(row.get("updated_at"), zone),
        record=_part(row, "record", Record),
        answer=_part(row, "answer", Answer),
        picture=picture,
    )


def instant(value: Any, zone: tzinfo) -> datetime | None:
    """An aware instant from what a source writes; None for nothing or what is no date."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def age_in_years(value: Any) -> int | None:
    """Whole years from "61", "61 yrs" or "7 months"."""
    match = _AGE.match(str(value)) if value is not None else None
    if match is None:
        return None
    unit = (match.group(2) or "y").casefold()[0]
    return int(match.group(1)) if unit == "y" else 0


def age_band(age: int) -> str:
    """The decade of an age; 90 and over are one band."""
    return "90+" if age >= 90 else f"{age // 10 * 10}-{age // 10 * 10 + 9}"


def identity(
    row: Mapping[str, Any],
    known: Mapping[str, Any],
    *,
    age: int | None = None,
    fallback: str = "",
    subgroup: Mapping[str, str] | None = None,
) -> Identity:
    """How to find the person again: by record number, then by name with all that the clinic has beside it."""
    subgroup = subgroup or {}
    sure = [record(str(number)) for number in (_text(row, "person") or fallback, *(row.get("also") or ()))]
    name = " ".join(sorted(plain(str(row.get("name") or known.get("name") or "")).split()))
    if not name:
        return Identity(tuple(sure), subgroup=subgroup, person_id=row.get("person_id"))
    sex = _text(row, "sex").casefold()[:1]
    if known.get("dob"):
        return _by_birth(str(row.get("name") or known["name"]), sure, sex=sex, known=known, subgroup=subgroup)
    base = f"named:{name}|{sex}"
    blood, height = (
        plain(_text(row, "blood_type").replace("+", " pos").replace("-", " neg")),
        _text(row, "height"),
    )
    if not (blood and height and age is not None):
        # Too little to tell two people of one name apart: one group is the safe side of a split.
        near = (f"{base}|somebody",) if "name" in row else ()
        partial = (f"{base}|partly",) if "name" in row else ()
        return Identity((*sure, *partial), near=near, subgroup=subgroup)
    full = f"{base}|{blood}|{height}"
    heard = f"heard:{sounds(name)}|{sex}|{blood}|{height}"
    alike = (f"{heard}|{years}" for years in (age, age - 1, age + 1))
    near_by = (f"{full}|{age - 1}", f"{full}|{age + 1}", f"{base}|partly", *alike)
    marks = (f"{base}|somebody", f"{heard}|{age}")
    return Identity((*sure, f"{full}|{age}"), near=near_by, marks=marks, subgroup=subgroup)


def _by_birth(
    name: str, sure: Sequence[str], *, sex: str, known: Mapping[str, Any], subgroup: Mapping[str, str]
) -> Identity:
    """By name and birth date, whatever the order of the day and the spelling of the name."""
    born = _parsed(str(known["dob"]).strip())
    if born is None:
        words = " ".join(sorted(plain(name).split()))
        return Identity((*sure, f"born:{words}|{known['dob']}"), subgroup=subgroup)
    contacts = [str(known[field]) for field in ("phone", "address") if known.get(field)]
    found = clues(name, born.date(), sex=sex, contacts=contacts)
    return Identity((*sure, *found.sure), near=found.near, marks=found.marks, subgroup=subgroup)


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the site's, set by the caller
        except ValueError:
            continue
    return None


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _object(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = row.get(name) or {}
    if not isinstance(value, Mapping):
        raise RowError(f"bad_{name}")
    return {key: entry for key, entry in value.items() if entry not in (None, "")}


def _part(row: Mapping[str, Any], name: str, form: Callable[..., _Form]) -> _Form | None:
    """A part of a row that a source of ours wrote in a form of its own."""
    value = row.get(name)
    if value is None:
        return None
    try:
        return form(**value)
    except (TypeError, KeyError, ValueError):
        raise RowError(f"bad_{name}") from None


def _share(value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        share = float(value)
    except (TypeError, ValueError):
        raise RowError("bad_confidence") from None
    if not 0 <= share <= 1:
        raise RowError("bad_confidence")
    return share
