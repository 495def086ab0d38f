"""Which family each model type belongs to, asked once: a type keeps its family for good."""

from sqlalchemy.orm import Session, sessionmaker

from shared.registry import models


class Families:
    """The families met so far."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions
        self._met: dict[str, str] = {}

    def of(self, model_type: str) -> str:
        """The family of a type.

        Raises:
            UnknownModelTypeError: there is no such type.
        """
        if model_type not in self._met:
            with self._sessions() as session:
                self._met[model_type] = models.model_type(session, model_type).family
        return self._met[model_type]
