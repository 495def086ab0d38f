"""Where the versions that a model server holds come from: the registry says what, the store has the bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from shared.backends import backend_for
from shared.backends.base import Scorer
from shared.backends.files import fetch
from shared.config import Settings
from shared.errors import InvalidInputError, NotFoundError, PartDownError
from shared.registry.access import DatabaseRole
from shared.registry.session import make_sessions
from shared.registry.tables import ModelType, ModelVersion, TrafficPlan
from shared.storage.base import Storage
from shared.storage.objects import open_storage


class WrongVersionError(InvalidInputError):
    """A version answers otherwise than it did when it was trained; it must not serve."""

    code = "wrong_version"


@dataclass(frozen=True)
class Origin:
    """Where versions come from: the registry says what they must be, the store holds their bytes."""

    settings: Settings
    sessions: sessionmaker[Session]
    storage: Storage

    @classmethod
    def of(cls, settings: Settings) -> "Origin":
        """The origin of one process."""
        sessions = make_sessions(settings, pool_size=2, role=DatabaseRole.DEPLOYER)
        return cls(settings, sessions, open_storage(settings))

    def bring(self, digest: str) -> Scorer:
        """Read one version and prove its bytes, its base and its answers.

        Raises:
            NotFoundError: the registry or the store does not know it.
            InvalidInputError: something of it is not as recorded.
            PartDownError: the database does not answer.
        """
        version, family = self._recorded(digest)
        scorer = backend_for(family, self.settings).load(fetch(self.storage, digest), version.base)
        if scorer.fingerprint() != version.fingerprint:
            fix = "keep the version it replaced, and train again"
            raise WrongVersionError(
                f"{version.name} does not answer as it did when it was trained", field="fingerprint", fix=fix
            )
        return scorer

    def family(self, digest: str) -> str:
        """The model family of one version; errors as those of `bring`."""
        return self._recorded(digest)[1]

    def in_service(self) -> list[str]:
        """Digests of the versions that the current traffic plans name."""
        newest = (
            select(TrafficPlan)
            .ext(distinct_on(TrafficPlan.model_type))
            .order_by(TrafficPlan.model_type, TrafficPlan.number.desc())
        )
        with _database(), self.sessions.begin() as session:
            plans = session.scalars(newest).all()
            ids = {i for plan in plans for i in (plan.champion_id, plan.challenger_id, plan.standby_id) if i}
            named = session.scalars(select(ModelVersion.digest).where(ModelVersion.id.in_(ids)))
            return sorted(set(named))

    def _recorded(self, digest: str) -> tuple[ModelVersion, str]:
        wanted = (
            select(ModelVersion, ModelType.family)
            .join(ModelType, ModelType.name == ModelVersion.model_type)
            .where(ModelVersion.digest == digest)
            .order_by(ModelVersion.created_at)
            .limit(1)
        )
        with _database(), self.sessions.begin() as session:
            row = session.execute(wanted).first()
        if row is None:
            raise NotFoundError("the registry knows no version of that digest", field="digest")
        return row.ModelVersion, row.family


@contextmanager
def _database() -> Iterator[None]:
    try:
        yield
    except OperationalError:
        raise PartDownError("the database does not answer", fix="`rounds status` says how it is") from None
