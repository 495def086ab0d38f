"""What `rounds doctor` looks at, and what it mends when it is asked to; what it mended is an event."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from rounds.doctor import machine, parts, work
from rounds.doctor.finding import MENDED, WRONG, Finding
from rounds.doctor.parts import storage
from rounds.failure import name
from rounds.site import Site

__all__ = ["CHECKS", "Finding", "examine", "look", "storage"]
Check = Callable[[Site], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    machine.settings, machine.home, machine.secrets, machine.packages, machine.ports, machine.doors,
    machine.certificates, machine.account, machine.sockets, parts.database, parts.clock, parts.broker,
    storage, parts.keys, parts.silent, work.leases, work.rings, work.artifacts,
)  # fmt: skip


def examine(site: Site, *, repair: bool = False) -> list[Finding]:
    """Run every check; with `repair` put right what can be put right without asking."""
    found = [finding for check in CHECKS for finding in look(check, site)]
    return [_mended(one, site) if repair and one.mend else one for one in found]


def look(check: Check, site: Site) -> list[Finding]:
    """Run one check; one that fails itself is a finding too."""
    try:
        return list(check(site))
    except Exception as error:  # noqa: BLE001 - a check that fails is itself a finding
        failure = name(error)
        return [Finding(check.__name__, WRONG, failure.sentence, failure.fix)]


def _mended(finding: Finding, site: Site) -> Finding:
    assert finding.mend is not None
    try:
        did = finding.mend()
    except Exception as error:  # noqa: BLE001 - the others are mended all the same
        failure = name(error)
        remedy = f"{finding.remedy} (by itself it could not: {failure.sentence})"
        return replace(finding, verdict=WRONG, remedy=remedy)
    return replace(finding, verdict=MENDED, did=_recorded(finding.check, did, site), remedy=None, mend=None)


def _recorded(check: str, did: str, site: Site) -> str:
    """Write down what was done; without a database the sentence says that nobody will read it there."""
    from sqlalchemy.exc import SQLAlchemyError

    from shared.registry import recoveries

    try:
        with site.sessions.begin() as session:
            recoveries.note(session, check, did=did, by=site.actor, now=site.now)
    except SQLAlchemyError:
        return f"{did} (not recorded: the database does not answer)"
    return did
