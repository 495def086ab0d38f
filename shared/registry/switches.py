"""Switches: `paused` stops all automation, `held:VERSION` one ramp; serving and rollback go on."""

from datetime import datetime

from sqlalchemy.orm import Session

from shared.registry import audit, events
from shared.registry.tables import SiteSwitch

PAUSED = "paused"


def is_on(session: Session, name: str) -> bool:
    """Whether the switch is on; one that was never set is off."""
    row = session.get(SiteSwitch, name)
    return bool(row and row.value.get("on"))


def turn(
    session: Session, name: str, *, on: bool, actor: str, now: datetime, reason: str | None = None
) -> bool:
    """Set the switch; False when it stood so already, and then nothing is written."""
    row = session.get(SiteSwitch, name, with_for_update=True)
    if bool(row and row.value.get("on")) is on:
        return False
    why = {"reason": reason} if reason else {}
    session.merge(SiteSwitch(name=name, value={"on": on} | why, set_by=actor, set_at=now))
    act = f"switch.{'on' if on else 'off'}"
    audit.write(session, act=act, subject=("site_switches", name), actor=actor, at=now, details=why)
    events.emit(session, kind=act, subject=name, at=now)
    return True
