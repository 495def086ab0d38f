"""Alerts on their way: by a real mail server, tried again, escalated, never doubled."""

import json
import threading
from dataclasses import replace
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from deployer_service.alerts import TRIES, deliver
from deployer_service.deps import Deps
from shared.domain.cycle import AlertState
from shared.errors import InvalidInputError
from shared.notify.apprise import NotAcceptedError, open_notifier
from shared.registry import alerts, audit_chain, silences
from shared.registry.alerts import Trouble
from shared.registry.tables import Alert, Delivery, Event, Outbox
from shared.verifier import Checkpoint
from tests.ports import free_ports

TROUBLE = Trouble(
    "rolled_back", "critical", "release:x", "Rounds: diagnosis-2 was rolled back", "worse. 42 cases."
)


class Postbox:
    """Keeps every mail that a real SMTP session brings."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content))
        return "250 kept"


@pytest.fixture
def postbox():
    box = Postbox()
    box.port = free_ports()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def mailing(settings, port):
    address = f"mailto://127.0.0.1:{port}/?from=rounds@clinic.test&to=lead@clinic.test&mode=insecure"
    return open_notifier(settings.model_copy(update={"notify_urls": address}))


def told_by(deps, addresses):
    return open_notifier(deps.settings.model_copy(update={"notify_urls": addresses}))


def deliveries(deps, alert_id):
    with deps.sessions() as session:
        return alerts.receipts(session, [alert_id])[alert_id]


class Gateway(BaseHTTPRequestHandler):
    """A chat's or an SMS gateway's way in: takes JSON and remembers it."""

    def do_POST(self):
        self.server.notes.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def gateway():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.notes, server.address = [], f"json://127.0.0.1:{server.server_port}/notes"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def raised(deps):
    with deps.sessions.begin() as session:
        alert = alerts.raise_alert(session, TROUBLE, now=deps.clock())
        return session.scalars(select(Delivery.id).filter_by(alert_id=alert)).one()


def the_delivery(deps, delivery_id):
    with deps.sessions() as session:
        return session.get_one(Delivery, delivery_id)


def with_notifier(deps, notifier):
    return Deps(deps.settings, deps.sessions, deps.clock, deps.vault, deps.model_server, notifier)


def test_an_alert_is_mailed_once(deps, postbox):
    mailed = with_notifier(deps, mailing(deps.settings, postbox.port))
    delivery = raised(mailed)
    deliver(delivery, mailed)
    deliver(delivery, mailed)
    assert [mail["Subject"] for mail in postbox.mails] == [TROUBLE.title]
    assert "42 cases" in postbox.mails[0].as_string()
    assert the_delivery(mailed, delivery).state == "sent"


def test_a_mail_bears_the_newest_audit_checkpoint(deps, postbox):
    made = Checkpoint(7, "a" * 64, 0, "0" * 64, "2026-03-04T09:14:00+00:00", "signed")
    with deps.sessions.begin() as session:
        audit_chain.keep(session, made)
    mailed = with_notifier(deps, mailing(deps.settings, postbox.port))
    deliver(raised(mailed), mailed)
    part = next(part for part in postbox.mails[0].walk() if part.get_content_type() == "text/plain")
    foot = part.get_payload(decode=True).decode().rpartition("Audit checkpoint: ")[2]
    assert Checkpoint.from_text("".join(foot.split())) == made


def test_a_mail_server_that_is_away_is_tried_again_and_then_escalated(deps, clock, postbox):
    nobody = with_notifier(deps, mailing(deps.settings, 1))
    delivery = raised(nobody)
    deliver(delivery, nobody)
    deliver(delivery, nobody)
    assert the_delivery(nobody, delivery).attempts == 1
    for _ in range(TRIES - 1):
        clock.move(hours=1)
        deliver(delivery, nobody)
    row = the_delivery(nobody, delivery)
    assert (row.state, row.error, row.attempts) == ("failed", NotAcceptedError.code, TRIES)
    with nobody.sessions() as session:
        assert session.scalars(select(Event.kind).where(Event.kind == "alerts.undelivered")).all()


def test_a_way_that_brings_nothing_is_told_by_the_others_and_is_over_when_it_brings_again(
    deps, clock, gateway
):
    """The mail server is away; the chat's gateway is a real HTTP receiver."""
    mail = "mailto://127.0.0.1:1/?from=rounds@clinic.test&to=lead@clinic.test&mode=insecure"
    both = with_notifier(deps, told_by(deps, f"{mail} {gateway.address}"))
    first = raised(both)
    for _ in range(TRIES):
        deliver(first, both)
        clock.move(hours=1)
    with both.sessions() as session:
        told = session.scalars(select(Alert).filter_by(kind="undelivered")).one()
        waiting = session.scalars(select(Delivery.id).filter_by(alert_id=told.id)).one()
    assert (told.severity, told.state) == ("critical", AlertState.OPEN) and "(mailto)" in told.title
    deliver(waiting, both)
    chat = next(row for row in deliveries(both, told.id) if row.channel == 1)
    deliver(chat.id, both)
    assert told.title in [note["title"] for note in gateway.notes]
    back = with_notifier(deps, told_by(deps, f"{gateway.address} {gateway.address}"))
    clock.move(hours=10)
    deliver(waiting, back)
    with back.sessions() as session:
        assert session.get_one(Alert, told.id).state is AlertState.RESOLVED


def test_a_chat_gets_a_note_that_names_nobody(deps, gateway):
    chatting = with_notifier(deps, told_by(deps, gateway.address))
    deliver(raised(chatting), chatting)
    [note] = gateway.notes
    assert (note["title"], note["message"]) == (TROUBLE.title, TROUBLE.body)


def test_a_silenced_cause_is_listed_and_told_to_nobody_unless_it_is_critical(deps, clock):
    quiet = Trouble("disk", "warning", "disk:a", "the disk fills", "80 %")
    with deps.sessions.begin() as session:
        silences.keep_quiet(session, "disk", hours=2, reason="known", by="ann", now=deps.clock())
        silences.keep_quiet(session, TROUBLE.kind, hours=2, reason="known", by="ann", now=deps.clock())
        kept = alerts.raise_alert(session, quiet, now=deps.clock())
        loud = alerts.raise_alert(session, TROUBLE, now=deps.clock())
    assert (deliveries(deps, kept), len(deliveries(deps, loud))) == ([], 1)
    clock.move(hours=3)
    with deps.sessions.begin() as session:
        later = alerts.raise_alert(session, replace(quiet, dedup_key="disk:b"), now=deps.clock())
    assert len(deliveries(deps, later)) == 1


def test_a_silence_is_ended_and_may_not_last(deps):
    with deps.sessions.begin() as session:
        for hours in (5, 0):
            silences.keep_quiet(session, "disk", hours=hours, reason="x", by="ann", now=deps.clock())
        assert silences.standing(session, deps.clock()) == []
        with pytest.raises(InvalidInputError, match="168 hours"):
            silences.keep_quiet(session, "disk", hours=169, reason="x", by="ann", now=deps.clock())


def test_every_channel_gets_it(deps):
    deps.notifier.addresses = 3
    deliver(raised(deps), deps)
    with deps.sessions() as session:
        waiting = session.scalars(select(Delivery.id).filter_by(state="waiting")).all()
        rung = session.scalars(select(Outbox.subject).filter_by(task="notify.deliver")).all()
    assert len(waiting) == 2 and set(waiting) <= set(rung)
    for delivery in waiting:
        deliver(delivery, deps)
    assert sorted(channel for channel, _, _ in deps.notifier.sent) == [0, 1, 2]


def test_without_an_address_the_delivery_says_so(deps):
    deps.notifier.addresses = 0
    delivery = raised(deps)
    deliver(delivery, deps)
    assert (the_delivery(deps, delivery).state, the_delivery(deps, delivery).error) == (
        "failed",
        "no_address",
    )


def test_the_same_trouble_is_one_alert_until_it_is_resolved(deps):
    for _ in range(3):
        with deps.sessions.begin() as session:
            alerts.raise_alert(session, TROUBLE, now=deps.clock())
    with deps.sessions.begin() as session:
        alert = session.scalars(select(Alert)).one()
        assert alert.seen == 3
        alerts.acknowledge(session, alert.id, by="ann", now=deps.clock())
        alerts.resolve(session, TROUBLE.dedup_key, by="ann", now=deps.clock())
    with deps.sessions.begin() as session:
        alerts.raise_alert(session, TROUBLE, now=deps.clock())
        assert [row.state for row in alerts.page(session)].count(AlertState.OPEN) == 1
        assert len(alerts.page(session)) == 2


def test_an_address_that_is_not_understood_is_named_by_its_place(settings):
    with pytest.raises(InvalidInputError, match="address 1") as refusal:
        open_notifier(settings.model_copy(update={"notify_urls": "nonsense://secret@host"}))
    assert "secret" not in str(refusal.value)


def test_masked_channels_show_no_secret(settings):
    notifier = open_notifier(settings.model_copy(update={"notify_urls": "mailto://ann:hush@clinic.test"}))
    assert "hush" not in "".join(notifier.channels())
