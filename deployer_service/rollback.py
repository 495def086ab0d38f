"""Stage: rollback. A version that is worse leaves at once; the version before it stands warm."""

from sqlalchemy.orm import Session

from shared.registry import releases
from shared.registry.plans import Plan
from shared.registry.releases import Cause
from shared.registry.tables import ModelVersion


def roll_back(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Give the place back. Needs no download, no training, no restart and no model server."""
    return releases.roll_back(session, version, cause)


def end(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """End a challenge that showed nothing within its horizon; unsure means no."""
    return releases.end_without_evidence(session, version, cause)
