"""Stage: promote. What the engine allows is done: the next step of the ramp, or the place of the champion."""

from datetime import datetime

from sqlalchemy.orm import Session

from deployer_service.challenge import Challenge
from shared.domain import transitions
from shared.domain.cycle import VersionState
from shared.domain.policy import Policy
from shared.registry import approvals, lifetime, models, releases, steering, switches
from shared.registry.plans import Plan
from shared.registry.releases import Cause
from shared.registry.tables import ModelVersion

MAKER = "rule:decide"


def held(session: Session, compared: Challenge, policy: Policy) -> str | None:
    """Which moves are held: all while site or ramp are, the promotion until a second person agrees."""
    return transitions.held(
        paused=is_paused(session) or steering.is_held(session, compared.challenger),
        two_people=why_person(session, compared, policy) is not None,
        word=_word(session, compared.challenger),
    )


def why_person(session: Session, compared: Challenge, policy: Policy) -> str | None:
    """Why a second person has to agree to this promotion; None where the evidence alone decides."""
    account = lifetime.why_person(session, compared.run)
    if account is not None:
        return account
    model_type = models.model_type(session, compared.challenger.model_type)
    if (model_type.release_mode or policy.release_mode) == "automatic":
        return None
    whose = "this model type" if model_type.release_mode else "the site's policy"
    return f"{whose} releases nothing without a second person"


def is_paused(session: Session) -> bool:
    """Whether the site's one switch stops all automation; serving and rollback go on."""
    return switches.is_on(session, switches.PAUSED)


def is_refused(session: Session, version: ModelVersion) -> bool:
    """Whether a second person said no to this version while it was on its way."""
    return version.state is not VersionState.LIVE and _word(session, version) == "refused"


def _word(session: Session, version: ModelVersion) -> str | None:
    """What the second person said so far: asked, approved or refused."""
    if steering.agreed(session, version) is not None:
        return "approved"
    given = approvals.newest(session, (approvals.VERSIONS, version.id))
    return given.state if given else None


def ask(session: Session, compared: Challenge, policy: Policy, *, now: datetime) -> None:
    """Ask for that word, once, and say why it is needed."""
    version, because = compared.challenger, why_person(session, compared, policy)
    why = f"{version.name} has the evidence to be promoted; a person is asked because {because}"
    approvals.ask(session, (approvals.VERSIONS, version.id), maker=MAKER, reason=why, now=now)


def advance(session: Session, version: ModelVersion, *, share: float, cause: Cause) -> Plan:
    """Take the next step of the ramp."""
    return releases.advance(session, version, share=share, cause=cause)


def promote(session: Session, version: ModelVersion, cause: Cause) -> Plan:
    """Make the challenger live. It is loaded and warm since its shadow, so that nothing is loaded here."""
    return releases.promote(session, version, cause)
