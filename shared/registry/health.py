"""How the parts of the stack are, by what they last said of themselves and by what waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.registry.tables import CollectionRun, Delivery, Outbox, Part, TrainingJob

SILENT_SECONDS = 15.0


@dataclass(frozen=True)
class Seen:
    """The freshest living row of one kind of part; `count` is how many of the kind live."""

    name: str
    count: int
    age_seconds: float
    started_at: datetime
    state: Mapping[str, Any]

    @property
    def alive(self) -> bool:
        """Whether it spoke within the last 15 s."""
        return self.age_seconds <= SILENT_SECONDS


@dataclass(frozen=True)
class HostSeen:
    """A machine with workers: its figures and those of its GPUs by name, none where it has none."""

    host: str
    figures: Mapping[str, float]
    gpus: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Waiting:
    """What waits to be done."""

    rings: int
    jobs: int
    runs: int
    deliveries: int
    failed_deliveries: int


def parts(session: Session) -> dict[str, Seen]:
    """Every kind of part that ever spoke and was not taken down on purpose, by name."""
    age = func.extract("epoch", func.clock_timestamp() - Part.seen_at)
    rows = session.execute(select(Part, age.label("age")).order_by(Part.seen_at.desc())).all()
    found: dict[str, Seen] = {}
    for part, seconds in rows:
        living = sum(1 for other, old in rows if other.name == part.name and float(old) <= SILENT_SECONDS)
        seen = Seen(part.name, living, max(float(seconds), 0.0), part.started_at, part.state)
        found.setdefault(part.name, seen)
    return found


def hosts(session: Session) -> list[HostSeen]:
    """Every machine that a living worker speaks of, as it was last told, and how far off its clock is."""
    seen = func.extract("epoch", Part.seen_at).label("seen")
    alive = func.extract("epoch", func.clock_timestamp() - Part.seen_at) <= SILENT_SECONDS
    rows = session.execute(
        select(Part.host, Part.state, seen).where(alive, Part.state.has_key("host")).order_by(Part.seen_at)
    )
    found: dict[str, HostSeen] = {}
    for host, state, at in rows:
        figures = {name: float(value) for name, value in state["host"].items()}
        figures["host_clock_skew_seconds"] = abs(figures.pop("host_clock_seconds") - float(at))
        gpus = state["gpus"] if "gpus" in state else found[host].gpus if host in found else {}
        found[host] = HostSeen(host, figures, gpus)
    return [found[host] for host in sorted(found)]


def waiting(session: Session) -> Waiting:
    """Doorbells not yet pushed, queued work, alerts on their way."""
    queued = "queued"
    return Waiting(
        rings=_count(session, select(func.count()).select_from(Outbox)),
        jobs=_count(session, select(func.count()).where(TrainingJob.state == queued)),
        runs=_count(session, select(func.count()).where(CollectionRun.state == queued)),
        deliveries=_count(session, select(func.count()).where(Delivery.state == "waiting")),
        failed_deliveries=_count(session, select(func.count()).where(Delivery.state == "failed")),
    )


def _count(session: Session, statement: Any) -> int:  # noqa: ANN401 - a select of one number
    return session.scalar(statement) or 0
