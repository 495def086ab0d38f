"""Tells people when a machine runs short of something for a while, and when that is over."""

from sqlalchemy.orm import Session, sessionmaker

from shared.clock import Clock
from shared.domain.strain import Patience, Strain, strains
from shared.registry import alerts, health
from shared.registry.alerts import Trouble
from shared.registry.health import HostSeen

KIND = "resources"
LOOK_SECONDS = 10.0


class ResourceWatch:
    """For the relay's leader: looks at what the workers said of their machines."""

    def __init__(self, sessions: sessionmaker[Session], *, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock
        self._patience = Patience()
        self._look_at = 0.0

    def turn(self, *, at: float) -> None:
        """Look if it is time, at the monotonic instant `at`.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        if at < self._look_at:
            return
        self._look_at = at + LOOK_SECONDS
        with self._sessions.begin() as session:
            for key in alerts.unresolved(session, KIND):
                self._patience.remember(key)
            found = {one.key: one for seen in health.hosts(session) for one in _strains_of(seen)}
            lasting, over = self._patience.look(found)
            for strain in lasting:
                alerts.raise_alert(session, _trouble(strain), now=self._clock())
            for key in over:
                alerts.resolve(session, key, by="relay", now=self._clock())


def _strains_of(seen: HostSeen) -> list[Strain]:
    found = strains(seen.host, seen.figures)
    for name, figures in seen.gpus.items():
        found += strains(f"{seen.host}/{name}", figures)
    return found


def _trouble(strain: Strain) -> Trouble:
    side = "above" if strain.limit.is_most else "below"
    return Trouble(
        kind=KIND,
        severity=strain.limit.severity,
        dedup_key=strain.key,
        title=f"{strain.where}: {strain.limit.says}",
        body=f"{strain.limit.figure} is {strain.value:.3g}, {side} its limit of {strain.limit.at:g}",
        subject=strain.where,
    )
