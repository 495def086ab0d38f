"""The demo's story, chapter by chapter. It decides nothing: it plays the world and waits for the product."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from rounds.demo_api import Door, RefusedError
from rounds.demo_days import Days, Tally
from rounds.demo_stack import DemoStack
from rounds.demo_tell import Teller, WaitedTooLongError
from rounds.demo_view import StoryError, View, estimate
from rounds.sample_clinic import database
from rounds.sample_clinic.encounters import encounters
from rounds.sample_clinic.plans import LATER_COLLECTED

NIGHT = timedelta(hours=3, seconds=5)  # from ten in the evening to just after the nightly collection
MOST_DAYS = 45
WRONG_SETTING = {"max_tokens": 8, "epochs": 1}  # somebody in a hurry cuts notes after eight tokens


class Story:
    """Five chapters; each ends with what the product did, or with the sentence that it did not."""

    def __init__(self, stack: DemoStack, teller: Teller, *, seed: int) -> None:
        self._stack, self._tell, self._seed = stack, teller, seed
        self._door = Door(stack.api, stack.key)
        self._view = View(self._door)
        self._days = Days(stack, self._door, seed=seed)
        self._clinic = stack.home / "clinic.db"
        self._ends: dict[str, str] = {}  # of versions, for the summary
        self._gain = ""

    def play(self) -> None:
        """All chapters.

        Raises:
            StoryError: something did not happen.
        """
        try:
            first = self.first_version()
            second = self._later_months(first)
            self._release(first, second)
            self._bad_candidate()
            self._turns_bad(first, second)
            self._decided_again(second)
        except (RefusedError, WaitedTooLongError) as error:
            raise StoryError(str(error)) from None

    def first_version(self) -> str:
        """The first chapter alone; the name of the version that is live at its end."""
        self._tell.chapter("1  Two months of the clinic's own cases become the first version")
        database.create(self._clinic)
        database.advance(self._clinic, self._seed, until=self._stack.now)
        address = ("--kind", "sql", "--url", f"sqlite:///{self._clinic}", "--mapping", "clinic")
        source = self._stack.command("source", "add", "clinic", *address)
        self._tell.say(f"source {source['source']}: {source['rows']} treatment plans, opened read-only")
        self._night()
        name = self._trained(1)
        self._await("the gate", lambda: self._view.judging(name), 180)
        self._await("going live", lambda: None if self._view.live() else self._told_against(name), 60)
        self._ends[name] = "live at first, as a recorded bootstrap"
        self._tell.done(f"{name} is live: {self._view.figures(name)}")
        return name

    def _later_months(self, first: str) -> str:
        self._tell.chapter("2  Five months pass: a second site, other words, a disease nobody had seen")
        ended = database.advance(self._clinic, self._seed, until=LATER_COLLECTED)
        self._stack.turn_clock(LATER_COLLECTED)
        self._tell.say(f"{ended} more plans have ended in the clinic's database")
        self._night()
        name = self._trained(2)
        self._await("the gate", lambda: self._view.judging(name), 180)
        self._await(
            "its challenge", lambda: None if self._view.challenger() else self._told_against(name), 60
        )
        self._gain = self._view.compared(first, name)
        self._tell.done(f"the gate passed {name}: {self._gain}")
        return name

    def _release(self, first: str, second: str) -> None:
        self._tell.chapter(f"3  {second} beside {first}: shadow, 5 %, 25 %, 50 %, live, on delayed labels")
        begun = self._stack.now
        self._play_until(lambda: self._view.live() == second, f"{second} to be promoted", reconfigured=False)
        days = (self._stack.now - begun).days
        self._ends[second] = f"promoted on day {days}"
        self._tell.done(f"{second} is live on day {days}; {first} stays warm and goes on answering silently")

    def _bad_candidate(self) -> None:
        self._tell.chapter("4  A candidate that was trained with a wrong setting")
        wish = {"model_type": "diagnosis", "hyperparameters": WRONG_SETTING, "seed": self._seed}
        self._door.post("/training/start", wish)
        self._tell.say(f"an engineer starts a training with {WRONG_SETTING}")
        name = self._trained(3)
        self._await("the gate", lambda: self._view.judging(name), 180)
        refused = self._view.version(name)
        if refused["state"] != "rejected":
            raise StoryError(f"{name} should have been refused and is {refused['state']}")
        self._tell.done(f"the gate refused {name}: {self._view.figures(name)}")
        why = [reason for reason in refused["why_not"] if not reason.startswith("it is")]
        for reason in why[:3]:
            self._tell.say(f"  {reason}")
        self._ends[name] = f"refused by the gate for {why[0].split(':')[0]}"

    def _turns_bad(self, first: str, second: str) -> None:
        self._tell.chapter("5  The intake software is reconfigured, and the live version turns bad")
        self._tell.say(
            "the routing codes on the notes are handed out anew; the patients are the same as ever"
        )
        changed = self._next_midnight()
        self._play_until(lambda: self._view.live() == first, f"{second} to be rolled back", reconfigured=True)
        seen = time.monotonic()
        answered_by = self._one_more_patient()
        milliseconds = (time.monotonic() - seen) * 1000
        if answered_by != first:
            raise StoryError(f"the plan names {first}, and {answered_by} answered")
        plan = self._view.plan()
        days = (datetime.fromisoformat(plan["effective_at"]) - changed) / timedelta(days=1)
        self._ends[second] += f", rolled back {days:.1f} days after the change"
        self._tell.done(f"{second} was rolled back {days:.1f} days after the change: {plan['reason']}")
        self._tell.say(
            f"the next patient is answered by {first}, {milliseconds:.0f} ms after the new plan was seen"
        )
        self._await("the alert", lambda: None if self._stack.mail.naming(second) else "not mailed yet", 60)
        mail = self._stack.mail.naming(second)[-1]
        self._tell.done(f"mail to {mail.to}: {mail.subject}")

    def _decided_again(self, name: str) -> None:
        """Every stored verdict and decision about a version, from its stored messages, byte for byte."""
        told = self._stack.command("replay", name)
        steps = sum(one["stored"].get("steps", 0) for one in told["replayed"])
        if not told["same"] or not steps:
            raise StoryError(f"the decisions about {name} do not come out as they were stored")
        self._tell.done(
            f"{name}: its verdict and its {steps} stored decisions come out byte for byte the same"
        )

    def sum_up(self) -> None:
        """The table of versions, whatever of the story happened."""
        rows = []
        for one in self._view.versions():
            figures, ends = estimate(one["accuracy_estimate"]), self._ends.get(one["model_version"], "–")
            named = {"version": one["model_version"], "now": one["state"]}
            rows.append(named | {"on the frozen set": figures, "what became of it": ends})
        if rows:
            self._tell.table("Versions", rows)
        if self._gain:
            self._tell.say(f"before and after: {self._gain}")

    def _await(self, what: str, look: Callable[[], str | None], seconds: float) -> None:
        self._tell.await_(what, look, seconds=seconds)

    def _told_against(self, name: str) -> str:
        """Why a version does not serve yet; when the gate refused it the story is over."""
        found = self._view.version(name)
        if found["state"] == "rejected":
            raise StoryError(f"the gate refused {name}: {'; '.join(found['why_not'])}")
        return f"it is {found['state']}"

    def _night(self) -> None:
        """Let the nightly collection come, and see what it brought."""
        before = self._view.last_run()
        self._stack.turn_clock(self._stack.now + NIGHT)
        self._await("the nightly collection", lambda: self._view.collecting(before), 180)
        run = self._view.run(self._view.last_run())
        held, refused = sum(run["review"].values()), sum(run["refused"].values())
        self._tell.say(
            f"collected {run['collected']} cases, de-identified and checked; {held} held for review, "
            f"{refused} refused, {run['quarantined']} quarantined"
        )
        reasons = sorted((run["review"] | run["refused"]).items(), key=lambda reason: -reason[1])
        self._tell.say("  " + ", ".join(f"{name} {n}" for name, n in reasons[:6]))

    def _trained(self, number: int) -> str:
        """Wait for a training; the name of the version that it made."""
        self._await(f"training {number}", lambda: self._view.training(number), 300)
        job = self._view.job(number)
        assert job is not None
        name, size = job["model_version"], job["dataset_size"]
        self._tell.say(f"{name} trained on {size} cases of {job['dataset_version']} ({job['triggered_by']})")
        return str(name)

    def _play_until(self, over: Callable[[], bool], what: str, *, reconfigured: bool) -> None:
        for _ in range(MOST_DAYS):
            midnight = self._next_midnight()
            database.advance(self._clinic, self._seed, until=midnight)
            self._tell_day(self._days.play(midnight, reconfigured=reconfigured))
            if over():
                return
        raise StoryError(f"waited {MOST_DAYS} days for {what}")

    def _tell_day(self, tally: Tally) -> None:
        current = self._view.current()
        beside, share = self._view.challenger(), (current["canary"] or {}).get("percent")
        stage = f", {beside} {f'answers {share:.0f} %' if share else 'in shadow'}" if beside else ""
        self._tell.say(
            f"{self._stack.now:%d %b}: {tally.seen} patients, {tally.share:.0%} answered right, "
            f"{tally.feedback} labels, {tally.readings} blinded readings; "
            f"{current['model_version']} is live{stage}"
        )

    def _one_more_patient(self) -> str:
        one = encounters(self._seed, 10 * MOST_DAYS, 1, reconfigured=True)[0]
        wish = {"model_type": "diagnosis", "person": one.person, "encounter": one.encounter, "text": one.text}
        return str(self._door.post("/predict", wish)["model_version"])

    def _next_midnight(self) -> datetime:
        return self._stack.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
