"""The facts a decision is made of, as they come: rows of predictions and labels, and which ones were seen."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from shared.errors import InvalidInputError

PREDICTION = (
    "id",
    "t",
    "served",
    "champ_label",
    "champ_conf",
    "chall_label",
    "chall_conf",
    "age_band",
    "sex",
    "site",
    "patient",
)
LABEL = ("id", "t", "label", "blind")
SERVICE = ("latency_ms", "failed", "abstained")  # of the answer that was served; told where they are known
COLUMNS = {"predictions": [*PREDICTION, "latency_ms", "abstained"], "labels": list(LABEL)}  # of our service
UNSCORED = -1
CONFIDENCE_DIGITS = 6  # of a confidence that a state keeps, or a bet is made on
_DIGITS = 15  # of a number that ends an id
_MOST = 10**_DIGITS


class Case(NamedTuple):
    """One prediction with both answers, or -1 for one that was not made."""

    id: Any
    t: float
    challenged: bool
    champion: str | int
    champion_confidence: float | None
    challenger: str | int
    challenger_confidence: float | None
    groups: tuple[str, ...]
    patient: str | None
    service: Mapping[str, float] | None = None

    @property
    def key(self) -> str:
        """The id as text, the same in whatever type it came."""
        return str(self.id)

    @property
    def paired(self) -> bool:
        """Whether both versions answered."""
        return UNSCORED not in (self.champion, self.challenger)


class Word(NamedTuple):
    """One label of one prediction."""

    id: Any
    t: float
    label: Any
    blind: bool

    @property
    def key(self) -> str:
        """The id of the prediction as text, the same in whatever type it came."""
        return str(self.id)


_NEW = tuple.__new__  # a million facts are read through it
_TIME, _FIRST = itemgetter(1), itemgetter(0)


class Columns:
    """Reads rows by the column names that the start message gave; without any, by those of the contract."""

    def __init__(self, told: Mapping[str, Sequence[str]] | None, strata: Sequence[str]) -> None:
        told = told if isinstance(told, Mapping) else {}
        self._prediction = itemgetter(*_places(told.get("predictions"), PREDICTION))
        self._label = itemgetter(*_places(told.get("labels"), LABEL))
        places = {name: place for place, name in enumerate(told.get("predictions") or PREDICTION)}
        self._strata = [name for name in strata if name in places]
        self._service = [(name, places[name]) for name in SERVICE if name in places]
        self._values = _picker([places[name] for name in self._strata])
        self._groups: dict[tuple[Any, ...], tuple[str, ...]] = {}  # as asked before

    def case(self, row: Sequence[Any]) -> Case:
        """One row of `predictions`."""
        own, t, served, champion, champion_conf, challenger, challenger_conf, person = self._prediction(row)
        values = self._values(row)
        groups = self._groups.get(values)
        if groups is None:
            groups = self._groups[values] = _named(self._strata, values)
        fields = (
            own,
            t,
            served in (1, "challenger"),
            champion,
            None if champion_conf is None or champion_conf < 0 else champion_conf,
            challenger,
            None if challenger_conf is None or challenger_conf < 0 else challenger_conf,
            groups,
            None if person is None or person == UNSCORED else str(person),
            _told(self._service, row) if self._service else None,
        )
        return _NEW(Case, fields)

    def word(self, row: Sequence[Any]) -> Word:
        """One row of `labels`."""
        own, t, label, blind = self._label(row)
        return _NEW(Word, (own, t, label, bool(blind)))

    def in_order(self, message: Mapping[str, Any]) -> list[Case | Word]:
        """Every fact of a message by its time, so that it matters little how facts were cut into messages."""
        facts: list[Case | Word] = [*map(self.case, message.get("predictions") or ())]
        facts += map(self.word, message.get("labels") or ())
        facts.sort(key=_TIME)
        return facts


class Seen:
    """A set of ids in little space: ids that count up are kept as spans of their numbers."""

    def __init__(self, spans: Mapping[str, list[list[int]]] | None = None) -> None:
        self.spans: dict[str, list[list[int]]] = {
            stem: [*map(list, runs)] for stem, runs in (spans or {}).items()
        }

    def __contains__(self, own: Any) -> bool:
        stem, number = ("", own) if type(own) is int and 0 <= own < _MOST else _split(str(own))
        runs = self.spans.get(stem)
        if not runs:
            return False
        if runs[0][0] <= number <= runs[0][1]:
            return True
        place = bisect_right(runs, number, key=_FIRST) - 1
        return place >= 0 and number <= runs[place][1]

    def add(self, own: Any) -> bool:
        """Put an id in; False when it was there."""
        stem, number = ("", own) if type(own) is int and 0 <= own < _MOST else _split(str(own))
        runs = self.spans.setdefault(stem, [])
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
            return True
        place = bisect_right(runs, number, key=_FIRST) - 1
        if place >= 0 and number <= runs[place][1]:
            return False
        _insert(runs, place, number)
        return True


def _insert(runs: list[list[int]], place: int, number: int) -> None:
    """Put a number after the span at `place`, joining it to the spans it touches."""
    joins_left = place >= 0 and runs[place][1] + 1 == number
    joins_right = place + 1 < len(runs) and runs[place + 1][0] == number + 1
    if joins_left and joins_right:
        runs[place][1] = runs.pop(place + 1)[1]
    elif joins_left:
        runs[place][1] = number
    elif joins_right:
        runs[place + 1][0] = number
    else:
        runs.insert(place + 1, [number, number])


def _split(key: str) -> tuple[str, int]:
    """The id as a stem and the number that ends it; without one, the whole is the stem."""
    if key.isdecimal() and (key == "0" or key[0] != "0") and len(key) <= _DIGITS:
        return "", int(key)
    stem = key.rstrip("0123456789")
    digits = key[len(stem) :]
    zeros = len(digits) - len(digits.lstrip("0")) if digits.strip("0") else max(len(digits) - 1, 0)
    cut = len(stem) + max(zeros, len(digits) - _DIGITS)
    return (key[:cut], int(key[cut:])) if key[cut:] else (key + "#", 0)


def _told(names: Sequence[tuple[str, int]], row: Sequence[Any]) -> dict[str, float]:
    return {name: row[place] for name, place in names if row[place] is not None and row[place] >= 0}


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple([row[place] for place in places])


def _named(strata: Sequence[str], values: Sequence[Any]) -> tuple[str, ...]:
    """Names of the groups of a case. Values that are equal have one name, in whatever type they came."""
    pairs = zip(strata, values, strict=True)
    return tuple([f"{name}={_plain(value)}" for name, value in pairs if value not in (None, UNSCORED)])


def _plain(value: Any) -> Any:
    """A number that is whole as an integer, everything else as it is."""
    return int(value) if isinstance(value, int | float) and value == int(value) else value


def _places(told: Sequence[str] | None, names: tuple[str, ...]) -> list[int]:
    """Where the columns this engine needs stand; strata are looked up by name elsewhere."""
    known = {name: place for place, name in enumerate(told or names)}
    needed = [name for name in names if name not in ("age_band", "sex", "site")]
    missing = [name for name in needed if name not in known]
    if missing:
        raise InvalidInputError(
            f"column {missing[0]} is missing", field="columns", fix=f"give {', '.join(names)}"
        )
    return [known[name] for name in needed]
