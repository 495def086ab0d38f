"""Disagreements on their way to a blinded reader: drawn at a logged rate, asked within the daily budget."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer_service.facts import CONFIDENCE_DIGITS, Case
from shared.domain.rollout import Terms

_UNDRAWN_KEPT = 50  # disagreements nobody will be asked about, for a blind label that comes unasked
_UNASKED_KEPT = 1000  # the same where the clinic reads on its own, without a budget
# How many times likelier a risky disagreement is drawn where readers are few. With more, the votes of the
# others would weigh so much more that the readings say little of the whole.
_FAVOUR = 2.0
_LATEST_READING_DAYS = 28.0  # a reading later than this is missing
_FRESH_DAYS = 5.0  # an unread risk older than this no longer holds the gate


@dataclass(slots=True)
class Open:
    """One disagreement without a blind label. `weight` is 1 for an ordinary draw, less for a favoured one."""

    case: Case
    rate: float
    weight: float
    drawn: bool
    asked: bool

    def dump(self, mixes: dict[tuple[str, ...], int]) -> list[Any]:
        """As a row of JSON; the groups by their place in `mixes`, which grows by what it lacks."""
        case = self.case
        sure, surer = _short(case.champion_confidence), _short(case.challenger_confidence)
        groups = mixes.setdefault(case.groups, len(mixes))
        flags = [self.rate, self.weight, int(self.drawn), int(self.asked)]
        answers = [case.champion, sure, case.challenger, surer]
        return [case.id, case.t, int(case.challenged), *answers, groups, case.patient, *flags]


def _short(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, CONFIDENCE_DIGITS)


def _load(row: list[Any], mixes: list[list[str]]) -> Open:
    own, t, challenged, champion, champion_conf, challenger, challenger_conf, mix, patient = row[:9]
    groups = tuple(mixes[mix] if isinstance(mix, int) else mix)  # earlier states hold the names themselves
    case = Case(
        own, t, bool(challenged), champion, champion_conf, challenger, challenger_conf, groups, patient
    )
    return Open(case, row[9], row[10], bool(row[11]), bool(row[12]))


class ReadingQueue:
    """The riskiest disagreements first, then the newest. A patient is asked about once in a challenge."""

    def __init__(self, terms: Terms, run: str, state: Mapping[str, Any] | None = None) -> None:
        self._terms, self._run = terms, run
        state = state or {}
        self.open: dict[str, Open] = {}
        for row in state.get("open", ()):
            one = _load(row, state.get("mixes", []))
            self.open[one.case.key] = one
        self.urgent: list[str] = list(state.get("urgent", ()))
        self.drawn: list[str] = list(state.get("drawn", ()))
        self.patients: set[str] = set(state.get("patients", ()))
        self.day: int | None = state.get("day")
        self.spent: int = state.get("spent", 0)

    def dump(self) -> dict[str, Any]:
        """Everything above as JSON."""
        mixes: dict[tuple[str, ...], int] = {}
        return {
            "open": [one.dump(mixes) for one in self.open.values()],
            "mixes": list(mixes),
            "urgent": self.urgent,
            "drawn": self.drawn,
            "patients": sorted(self.patients),
            "day": self.day,
            "spent": self.spent,
        }

    def arrive(self, case: Case, *, risky: bool) -> bool:
        """Take in one disagreement; False for a patient who has one already. A risky one goes first."""
        if case.patient is not None and case.patient in self.patients:
            return False
        ordinary = self._rate()
        rate = min(1.0, _FAVOUR * ordinary) if risky else ordinary
        drawn = self._terms.budget > 0 and (rate >= 1 or self._draw(case.key) < rate)
        weight = ordinary if self._terms.budget and not drawn else round(ordinary / rate, 6)
        self.open[case.key] = Open(case, rate, weight, drawn, asked=False)
        if drawn:
            (self.urgent if risky else self.drawn).append(case.key)
            self._take(case)
        return True

    def take(self, key: str) -> Open | None:
        """Remove the disagreement that a blind label has come for; None when it is not open."""
        one = self.open.pop(key, None)
        if one is None or one.drawn:
            return one
        if one.case.patient is not None and one.case.patient in self.patients:
            return None
        self._take(one.case)
        return one

    def ask(self, now: float) -> list[Any]:
        """Ids to be read from now on, as many as the rest of the day's budget allows."""
        if self.day != int(now // 1):
            self.day, self.spent = int(now // 1), 0
            self._forget(now)
        asked: list[Any] = []
        for waiting in (self.urgent, self.drawn):
            while waiting and self.spent + len(asked) < self._terms.budget:
                one = self.open.get(waiting.pop())  # the newest: what has changed shows there first
                if one is not None:
                    one.asked = True
                    asked.append(one.case.id)
        self.spent += len(asked)
        return asked

    def unread_risks(self, now: float) -> int:
        """Fresh unread disagreements in which the champion alone may have found what must not be missed."""
        dangerous, since = self._terms.must_not_miss, now - _FRESH_DAYS
        fresh = [one.case for one in self.open.values() if one.drawn and one.case.t >= since]
        return sum(case.champion in dangerous for case in fresh)

    def start_again(self) -> None:
        """After a promotion everybody may be asked about once more; what waits unasked is from before it."""
        self.open = {key: one for key, one in self.open.items() if one.asked}
        self.urgent, self.drawn = [], []
        self.patients = {one.case.patient for one in self.open.values() if one.case.patient is not None}

    def would_draw(self, case: Case) -> bool:
        """Whether this case, were it a risky disagreement, would be drawn: agreements are counted alike."""
        rate = min(1.0, _FAVOUR * self._rate())
        return rate >= 1 or self._draw(case.key) < rate

    def _rate(self) -> float:
        """Probability of a draw: 1 up to a backlog of one day's budget, then falling with its square."""
        budget, backlog = self._terms.budget, len(self.urgent) + len(self.drawn)
        return 1.0 if backlog <= budget or not budget else round((budget / backlog) ** 2, 6)

    def _draw(self, key: str) -> float:
        """A number in [0, 1) that is random as far as the case goes, and the same at every replay."""
        digest = hashlib.sha256(f"{self._run}:{key}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48

    def _take(self, case: Case) -> None:
        if case.patient is not None:
            self.patients.add(case.patient)

    def _forget(self, now: float) -> None:
        """Once a day: readings that never came, and all but the newest of those nobody was asked about."""
        late = now - _LATEST_READING_DAYS
        undrawn = [key for key, one in self.open.items() if not one.drawn]
        gone = set(undrawn[: -(_UNDRAWN_KEPT if self._terms.budget else _UNASKED_KEPT)])
        gone |= {key for key, one in self.open.items() if one.case.t < late}
        for key in gone:
            del self.open[key]
        self.urgent = [key for key in self.urgent if key in self.open]
        self.drawn = [key for key in self.drawn if key in self.open]
