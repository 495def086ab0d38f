"""How a task answers its doorbell: the message is looked at, then the stage is called with the id."""

from collections.abc import Callable
from typing import Any

from shared.broker import farewell
from shared.broker.app import app
from shared.broker.doorman import doorman
from shared.broker.names import TaskName
from shared.errors import TransientError
from shared.logs import log

Body = Callable[[str], None]


def task(name: TaskName) -> Callable[[Body], Body]:
    """Make a function of one UUID string the task of that name.

    A message is never retried: what the row still asks for is rung again by the relay.
    """

    def register(body: Body) -> Body:
        def answer(self: Any, subject: object) -> None:  # noqa: ANN401 - a task of Celery's
            with farewell.at_work():
                _answer(body, subject, name, headers=vars(self.request))

        app.task(name=name.value, bind=True)(answer)
        return body

    return register


def _answer(body: Body, subject: object, name: TaskName, *, headers: dict[str, object]) -> None:
    found = doorman().lets_in(name, subject, headers)
    if found is None:
        return
    try:
        body(str(found))
    except TransientError as error:
        log.warning("task left for another try", task=name.value, subject=str(found), code=error.code)
