"""The days after go-live: patients come, clinicians answer days later, a reader works the worklist off."""

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from rounds.demo_api import Door
from rounds.demo_stack import DemoStack
from rounds.sample_clinic.encounters import Encounter, Feedback, encounters, reading
from rounds.sample_clinic.people import DOCTORS

A_DAY = 160  # patients
SITTINGS = (11, 15, 19)  # hours at which the clinic's app has sent what came since the last one
READER = DOCTORS[0].email
PATIENCE_SECONDS = 600  # a small busy machine weighs slowly; what is stuck stays stuck


@dataclass
class Tally:
    """One day as an onlooker who knows the truth counts it; the product never sees this."""

    seen: int = 0
    right: int = 0
    readings: int = 0
    feedback: int = 0
    by_version: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of answers that were right."""
        return self.right / max(self.seen, 1)


class Days:
    """Plays one day after the other through the API; the simulated clock moves with it."""

    def __init__(self, stack: DemoStack, door: Door, *, seed: int) -> None:
        self._stack, self._door, self._seed = stack, door, seed
        self._tell = stack.teller
        self.day = 0
        self._asked: dict[str, Encounter] = {}  # by prediction
        self._due: list[tuple[datetime, int, str, Feedback, str]] = []
        self._order = count()

    def play(self, midnight: datetime, *, reconfigured: bool) -> Tally:
        """One day: patients at three sittings, each followed by what clinicians have to say by then."""
        tally = Tally()
        patients = encounters(self._seed, self.day, A_DAY, reconfigured=reconfigured)
        before = 0.0
        for hour in SITTINGS:
            self._stack.turn_clock(midnight + timedelta(hours=hour))
            self._see([one for one in patients if before <= one.hour < hour], tally)
            self._give_feedback(tally)
            self._tell.await_("the comparison", self._behind, seconds=PATIENCE_SECONDS)
            self._read(tally)
            before = hour
        self.day += 1
        return tally

    def _behind(self) -> str | None:
        """How many labels have not reached the decision engine; None when all have.

        Simulated days would else go by faster than a small machine can compare the versions.
        """
        n = self._door.get("/models/ab-test?model_type=diagnosis")["n"]
        return f"{n['undecided']} labels to be weighed" if n and n["undecided"] else None

    def _see(self, patients: list[Encounter], tally: Tally) -> None:
        answers = self._door.at_once(self._predict, patients)
        for one, answer in zip(patients, answers, strict=True):
            prediction = answer["prediction_id"]
            self._asked[prediction] = one
            tally.seen += 1
            tally.right += answer["label"] == one.truth
            version = answer["model_version"]
            tally.by_version[version] = tally.by_version.get(version, 0) + 1
            if one.feedback:
                due = self._stack.now + timedelta(days=one.feedback.after_days)
                entry = (due, next(self._order), prediction, one.feedback, answer["label"])
                heapq.heappush(self._due, entry)

    def _predict(self, one: Encounter) -> Any:
        body = {"person": one.person, "encounter": one.encounter, "text": one.text, "subgroup": one.subgroup}
        return self._door.post("/predict", {"model_type": "diagnosis", **body})

    def _give_feedback(self, tally: Tally) -> None:
        due = []
        while self._due and self._due[0][0] <= self._stack.now:
            due.append(heapq.heappop(self._due))
        self._door.at_once(self._answer, due)
        tally.feedback += len(due)

    def _answer(self, due: tuple[datetime, int, str, Feedback, str]) -> Any:
        at, _, prediction, said, shown = due
        body = {
            "diagnosis": shown if said.swayed else said.diagnosis,
            "validated_by": said.validated_by,
            "validated_at": at.isoformat(),
            "blind": said.blind,
        }
        return self._door.post(f"/predictions/{prediction}/feedback", body)

    def _read(self, tally: Tally) -> None:
        """Work off what is read blind; the hard cases are for those on whose lists they stand."""
        listed = self._door.get("/worklist?model_type=diagnosis&limit=200")
        waiting = [item for item in listed if item["reading_id"] and item["kind"] != "hard"]
        self._door.at_once(self._say, waiting)
        tally.readings += len(waiting)

    def _say(self, item: dict[str, Any]) -> Any:
        answer = reading(self._seed, self._asked[item["prediction_id"]])
        return self._door.post(
            "/validations", {"reading_id": item["reading_id"], "diagnosis": answer, "validated_by": READER}
        )
