"""Months of a clinic on a simulated clock: the first version from its own past, then day after day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from rounds.sample_clinic import database
from rounds.sample_clinic.plans import FIRST_COLLECTED
from rounds.simulation.days import TYPE, Days, Tally
from rounds.simulation.months import DAYS_A_MONTH, month_of
from rounds.simulation.site import NearSite
from shared.errors import ConflictError
from shared.registry import models, runs, schedules, sources
from shared.registry.schedules import ScheduleWish
from shared.registry.tables import TrafficPlan
from worker_collection.mapping import mapping_text
from worker_training import plan

OPENED = FIRST_COLLECTED.replace(hour=0) + timedelta(days=1)  # midnight of the first day of service
NIGHT = timedelta(hours=1, minutes=5)  # the nightly collection is due
TRAINING = timedelta(hours=2, minutes=5)  # and on Sundays the weekly training
SUNDAY = 6
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What is to be played: so many days of `per_day` patients; trainings take `recipe`."""

    seed: int
    days: int
    per_day: int
    recipe: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Year:
    """Plays a wish on a site; `days` holds what happened, a tally a day."""

    site: NearSite
    wish: Wish
    tell: Tell
    after_month: Callable[["Year"], object] = lambda year: None  # noqa: ARG005 - nothing, unless asked
    days: list[Tally] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)  # what each Sunday's planner said

    def play(self) -> None:
        """The past, the first version, then every day.

        Raises:
            ConflictError: the first version did not pass its gate.
        """
        self._first_version()
        days = Days(self.site, seed=self.wish.seed, per_day=self.wish.per_day, opened=OPENED)
        for day in range(self.wish.days):
            midnight = OPENED + timedelta(days=day)
            self._night(midnight)
            self.days.append(days.play(day))
            if (day + 1) % DAYS_A_MONTH == 0:
                self._tell_month(day)
                self.after_month(self)

    def _first_version(self) -> None:
        """The clinic's database is connected and collected; the first version goes live as a bootstrap."""
        clinic = self.site.settings.root / "clinic.db"
        database.create(clinic)
        database.advance(clinic, self.wish.seed, until=self.site.now)
        self._connect("clinic", "sql", address=f"sqlite:///{clinic}", mapping=mapping_text("clinic"))
        self._connect("answers", "feedback", address="", mapping="")
        self._weekly_only()
        with self.site.sessions.begin() as session:
            source = sources.named(session, "clinic")
            runs.create(session, source, now=self.site.now, triggered_by="simulation")
        self.site.settle()
        self._train()
        with self.site.sessions() as session:
            live = models.live(session, TYPE)
        if live is None:
            raise ConflictError(f"no first version went live: {self.planned[-1]}", fix="try another --seed")
        self.tell(f"{live.name} is live, trained on the clinic's first months")

    def _connect(self, name: str, kind: str, *, address: str, mapping: str) -> None:
        with self.site.sessions.begin() as session:
            sources.add(
                session,
                name,
                kind=kind,
                address=address,
                mapping=mapping,
                model_type=TYPE,
                vault=self.site.vault,
                now=self.site.now,
                actor="simulation",
            )

    def _weekly_only(self) -> None:
        """Trainings are asked for below, on Sundays; the schedule's own would start one with each count."""
        with self.site.sessions.begin() as session:
            row = schedules.named(session, "weekly training")
            wish = ScheduleWish(row.name, row.kind, row.cron, row.timezone, row.model_type, enabled=False)
            schedules.upsert(session, wish, now=self.site.now, actor="simulation")

    def _night(self, midnight: datetime) -> None:
        self.site.turn_clock(midnight + NIGHT)
        self.site.fire_due()
        if midnight.weekday() == SUNDAY:
            self.site.turn_clock(midnight + TRAINING)
            self._train()

    def _train(self) -> None:
        """Ask the planner; what it starts is sealed, trained and judged before the clock moves on."""
        with self.site.sessions.begin() as session:
            planned = plan.train_if_due(
                session, TYPE, triggered_by="scheduled", now=self.site.now, recipe=self.wish.recipe
            )
        self.planned.append(planned.reason)
        self.site.settle()

    def _tell_month(self, day: int) -> None:
        month, _ = month_of(day)
        last = self.days[-DAYS_A_MONTH:]
        share = sum(one.right for one in last) / sum(one.seen for one in last)
        with self.site.sessions() as session:
            number = session.scalar(select(TrafficPlan.number).order_by(TrafficPlan.number.desc()).limit(1))
            live = models.live(session, TYPE)
        assert live is not None
        self.tell(
            f"month {day // DAYS_A_MONTH + 1}, {month.name}: {share:.1%} answered right, "
            f"{live.name} is live, traffic plan {number}, {sum(one.readings for one in last)} readings"
        )
