"""Model types and versions: who is live, who challenges, who waits."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.domain.cycle import CHALLENGING, VersionState
from shared.errors import NotFoundError
from shared.registry.tables import Label, ModelPerformance, ModelType, ModelVersion


class UnknownVersionError(NotFoundError):
    """No model version has this id or name."""

    code = "unknown_version"

    def __init__(self, wanted: UUID | str) -> None:
        super().__init__(
            f"there is no model version {wanted}", field="model_version", fix="see models/available"
        )


class UnknownModelTypeError(NotFoundError):
    """No model type has this id or name."""

    code = "unknown_model_type"

    def __init__(self, wanted: UUID | str) -> None:
        super().__init__(f"there is no model type {wanted}", field="model_type", fix="see `rounds types`")


def get(session: Session, version_id: UUID) -> ModelVersion:
    """The version of that id, or UnknownVersionError."""
    version = session.get(ModelVersion, version_id)
    if version is None:
        raise UnknownVersionError(version_id)
    return version


def by_name(session: Session, name: str) -> ModelVersion:
    """The version people call by that name, or UnknownVersionError."""
    version = session.scalar(select(ModelVersion).where(ModelVersion.name == name))
    if version is None:
        raise UnknownVersionError(name)
    return version


def in_state(session: Session, model_type: str, *states: VersionState) -> list[ModelVersion]:
    """Every version of the type in one of these states, newest first."""
    found = select(ModelVersion).where(ModelVersion.model_type == model_type, ModelVersion.state.in_(states))
    return list(session.scalars(found.order_by(ModelVersion.number.desc())))


def live(session: Session, model_type: str) -> ModelVersion | None:
    """The champion; None before the first version went live."""
    return next(iter(in_state(session, model_type, VersionState.LIVE)), None)


def standby(session: Session, model_type: str) -> ModelVersion | None:
    """The replaced version that is still warm; None once the champion is settled."""
    return next(iter(in_state(session, model_type, VersionState.STANDBY)), None)


def challenger(session: Session, model_type: str) -> ModelVersion | None:
    """The one version on its way from replay to the last canary step."""
    return next(iter(in_state(session, model_type, *CHALLENGING)), None)


def versions(session: Session, model_type: str | None = None, limit: int = 100) -> list[ModelVersion]:
    """Versions in any state, newest first, of one type or of all."""
    chosen = select(ModelVersion).order_by(ModelVersion.created_at.desc()).limit(limit)
    return list(session.scalars(chosen if model_type is None else chosen.filter_by(model_type=model_type)))


def next_number(session: Session, model_type: str) -> int:
    """The number that the next version of this type gets."""
    highest = select(func.max(ModelVersion.number)).where(ModelVersion.model_type == model_type)
    return 1 + (session.scalar(highest) or 0)


def performance(session: Session, version_id: UUID, purpose: str = "gate") -> ModelPerformance | None:
    """The newest measurement of a version made for this purpose."""
    found = select(ModelPerformance).filter_by(model_version_id=version_id, purpose=purpose)
    return session.scalar(found.order_by(ModelPerformance.created_at.desc()).limit(1))


def model_type(session: Session, wanted: UUID | str) -> ModelType:
    """The model type of that id or name, or UnknownModelTypeError."""
    column = ModelType.id if isinstance(wanted, UUID) else ModelType.name
    found = session.scalar(select(ModelType).where(column == wanted))
    if found is None:
        raise UnknownModelTypeError(wanted)
    return found


def must_not_miss(session: Session, model_type_name: str) -> list[str]:
    """Labels whose miss is dangerous, in order."""
    marked = select(Label.label).filter_by(model_type=model_type_name, must_not_miss=True)
    return sorted(session.scalars(marked))
