"""What Rounds asks of a way to reach people."""

from typing import Protocol


class Notifier(Protocol):
    """Sends one message to one configured address."""

    def channels(self) -> list[str]:
        """The configured addresses, secrets masked, in the order of the settings."""

    def send(self, channel: int, title: str, body: str) -> None:
        """Deliver, or raise.

        Raises:
            TransientError: the message was not accepted; it may be tried again.
        """
