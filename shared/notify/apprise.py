"""Alerts by mail, SMS gateway or chat, through Apprise and the addresses of `ROUNDS_NOTIFY_URLS`."""

import apprise

from shared.config import Settings
from shared.errors import InvalidInputError, TransientError


class NotAcceptedError(TransientError):
    """A gateway did not take the message; it may be tried again."""

    code = "not_accepted"


class AppriseNotifier:
    """One Apprise service for each configured address; it opens connections to those and to nothing else."""

    def __init__(self, services: list[apprise.NotifyBase]) -> None:
        self._services = services

    def channels(self) -> list[str]:
        """The addresses with their secrets masked, in the order of the settings."""
        return [str(service.url(privacy=True)) for service in self._services]

    def send(self, channel: int, title: str, body: str) -> None:
        """Deliver through one channel.

        Raises:
            NotAcceptedError: the gateway refused or did not answer.
        """
        if not self._services[channel].notify(title=title, body=body):
            raise NotAcceptedError(f"channel {channel} did not accept the message")


def open_notifier(settings: Settings) -> AppriseNotifier:
    """The site's channels; none is fine.

    Raises:
        InvalidInputError: an address is not one that Apprise knows; its place is named, never its secrets.
    """
    services = []
    for place, address in enumerate(settings.notify_urls.split()):
        service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        if service is None:
            raise InvalidInputError(
                f"address {place + 1} of ROUNDS_NOTIFY_URLS is not understood",
                field="ROUNDS_NOTIFY_URLS",
                fix="use an Apprise address like mailto://user:password@host?to=name@host",
            )
        services.append(service)
    return AppriseNotifier(services)
