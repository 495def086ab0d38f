"""The days of a simulated clinic: patients, answers that come later, blinded readings, withdrawals."""

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from api_service.filing import Asked, Given, store
from api_service.people import Known
from rounds.sample_clinic.chance import chance
from rounds.sample_clinic.encounters import Encounter, Feedback, reading, seen
from rounds.sample_clinic.people import DOCTORS
from rounds.simulation.months import month_of
from rounds.simulation.site import NearSite
from shared.registry import outcomes, persons, readings, validations, withdrawals
from shared.registry.outcomes import WithdrawnPersonError
from shared.registry.tables import Outcome

TYPE = "diagnosis"
READER = DOCTORS[0].email
_NAMED = UUID("3d5c2a52-0f0e-5f0e-8d2c-6a1e0c3a7b11")  # the same world gives predictions the same ids
_MOST_READINGS = 500
_READ = ("disagreement", "audit")
_EVENING = timedelta(hours=19)


@dataclass
class Tally:
    """One day as an onlooker who knows the truth counts it; the product never sees `right`."""

    day: int
    seen: int = 0
    right: int = 0
    labels: int = 0
    readings: int = 0
    withdrawn: int = 0
    by_version: dict[str, int] = field(default_factory=dict)


class Days:
    """Plays one day after the other: what the clinic's app sends is filed in one transaction a day."""

    def __init__(self, site: NearSite, *, seed: int, per_day: int, opened: datetime) -> None:
        self._site, self._seed, self._per_day, self._opened = site, seed, per_day, opened
        self._due: list[tuple[datetime, int, UUID, Feedback, str]] = []  # a heap by the first two
        self._asked: dict[UUID, Encounter] = {}
        self._order = count()

    def play(self, day: int) -> Tally:
        """From the morning to the night of one day since go-live."""
        month, within = month_of(day)
        tally = Tally(day)
        self._site.turn_clock(self._opened + timedelta(days=day) + _EVENING)
        times = month.times(self._seed, within)
        self._see(seen(self._seed, day, self._per_day, times=times), tally)
        self._give_labels(tally)
        self._withdraw(day, month.withdrawals_a_day, tally)
        self._site.settle()
        if month.is_working(within):
            self._read(tally)
            self._site.settle()
        return tally

    def _see(self, patients: list[Encounter], tally: Tally) -> None:
        router, now = self._site.router(), self._site.now
        self._site.server.hear([one.text for one in patients])
        with self._site.sessions.begin() as session:
            for place, one in enumerate(patients):
                person = persons.of(session, one.person, vault=self._site.vault, now=now)
                asked = Asked(
                    person=one.person, encounter=one.encounter, text=one.text, subgroup=one.subgroup
                )
                routed = router.answer(TYPE, person.key, one.text)
                number = uuid5(_NAMED, f"{self._seed}/{tally.day}/{place}")
                given = Given.of(number, asked, routed, now=now)
                store(session, given, person=Known(person.id, person.key), vault=self._site.vault)
                self._note(one, given, routed.served.name, tally=tally)

    def _note(self, one: Encounter, given: Given, version: str, *, tally: Tally) -> None:
        tally.seen += 1
        tally.right += given.label == one.truth
        tally.by_version[version] = tally.by_version.get(version, 0) + 1
        self._asked[given.id] = one
        if one.feedback:
            due = self._site.now + timedelta(days=one.feedback.after_days)
            heapq.heappush(self._due, (due, next(self._order), given.id, one.feedback, given.label))

    def _give_labels(self, tally: Tally) -> None:
        """What clinicians have validated by now, in one transaction."""
        with self._site.sessions.begin() as session:
            while self._due and self._due[0][0] <= self._site.now:
                at, _, prediction, said, shown = heapq.heappop(self._due)
                label = shown if said.swayed else said.diagnosis
                tally.labels += self._say(session, prediction, said, label=label, at=at)

    def _say(self, session: Session, prediction: UUID, said: Feedback, *, label: str, at: datetime) -> bool:
        row = Outcome(
            prediction_id=prediction,
            kind="feedback",
            label=validations.meaning(session, TYPE, label),
            blind=said.blind,
            validated_by=said.validated_by,
            validated_at=at,
            received_at=self._site.now,
        )
        try:
            return outcomes.add(session, row)
        except WithdrawnPersonError:
            return False  # the app is told so and sends nothing more about this person

    def _withdraw(self, day: int, count_: int, tally: Tally) -> None:
        """Some of the patients of a month ago take their consent back."""
        rng = chance(self._seed, "withdrawals", day)
        for _ in range(count_):
            person = f"person-{max(day - 30, 0):03}-{rng.randrange(self._per_day):04}"
            with self._site.sessions.begin() as session:
                if persons.find(session, person, self._site.vault) is None:
                    continue  # whoever stands at this place came a second time, under the first number
                now, vault = self._site.now, self._site.vault
                withdrawals.of_person(session, person, vault=vault, cause="patient", actor="desk", now=now)
                tally.withdrawn += 1

    def _read(self, tally: Tally) -> None:
        """Answer what is to be read blind: disagreements and the audit sample."""
        with self._site.sessions.begin() as session:
            for asked in readings.open(session, TYPE, _MOST_READINGS, kinds=_READ):
                if asked.prediction_id not in self._asked:
                    continue
                label = reading(self._seed, self._asked[asked.prediction_id])
                try:
                    readings.answer(session, asked.id, label=label, reader=READER, now=self._site.now)
                except WithdrawnPersonError:
                    continue
                tally.readings += 1
