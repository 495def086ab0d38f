"""A real mail server for the demo's alerts, in a thread: what arrives is kept."""

import socket
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mail:
    """One mail."""

    subject: str
    to: str


class MailBox:
    """Listens on a port of its own until it is closed."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self._port = _free_port()
        self._server = Controller(self, hostname="127.0.0.1", port=self._port)
        self._server.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Keep one mail; the name is aiosmtpd's."""
        content = envelope.content
        assert isinstance(content, bytes)
        subject = str(make_header(decode_header(message_from_bytes(content)["Subject"])))
        self.mails.append(Mail(subject, ", ".join(envelope.rcpt_tos)))
        return "250 taken"

    def naming(self, word: str) -> list[Mail]:
        """The mails whose subject names it, oldest first."""
        return [mail for mail in self.mails if word in mail.subject]

    @property
    def url(self) -> str:
        """Its address for `ROUNDS_NOTIFY_URLS`."""
        people = "from=rounds@clinic.example&to=oncall@clinic.example"
        return f"mailto://127.0.0.1:{self._port}?{people}&mode=insecure"

    def close(self) -> None:
        """Stop listening."""
        self._server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
