import base64
import json
import socket
import time
from uuid import UUID, uuid4

import pytest
from redis import Redis
from sqlalchemy import select, text

from shared.broker import app as broker_app
from shared.broker.doorman import Doorman, Refusal
from shared.broker.names import QUEUE_OF, Queue, TaskName
from shared.broker.post import Post
from shared.broker.relay import Relay
from shared.broker.waiting import Patience
from shared.broker.wire import SEAL, EvictingBrokerError, Line, message, seal_of
from shared.registry import jobs, outbox
from shared.registry.job_door import JobWish
from shared.registry.tables import Alert
from shared.vault import Vault
from tests.waiting import until

VAULT = Vault(bytes(range(32)))
NOBODY_WAITS = dict.fromkeys(Queue, 0)


@pytest.fixture
def valkey(valkey_url, monkeypatch):
    monkeypatch.setattr(broker_app.app.conf, "broker_url", valkey_url)
    client = Redis(unix_socket_path=valkey_url.split("://")[1].split("?")[0])
    client.flushdb()
    yield client
    client.config_set("maxmemory-policy", "noeviction")
    client.close()


@pytest.fixture
def relay(sessions, valkey, now):
    return Relay(sessions, clock=lambda: now, vault=VAULT, lease_seconds=1)


def waiting_in(valkey: Redis, queue: Queue) -> list[tuple[str, str]]:
    envelopes = [json.loads(raw) for raw in reversed(valkey.lrange(queue.value, 0, -1))]
    return [(e["headers"]["task"], json.loads(base64.b64decode(e["body"]))[0][0]) for e in envelopes]


def ring(sessions, task: TaskName, subject: UUID) -> None:
    with sessions.begin() as session:
        outbox.ring(session, task, subject)


def test_rings_reach_their_queue_in_order_and_leave_the_outbox(relay, sessions, valkey):
    subjects = [uuid4() for _ in range(450)]
    for subject in subjects:
        ring(sessions, TaskName.RUN_JOB, subject)
    relay.turn(at=0)
    assert waiting_in(valkey, Queue.TRAIN_TEXT) == [(TaskName.RUN_JOB.value, str(s)) for s in subjects]
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM outbox")) == 0
    assert relay.state["pushed"] == 450


def test_a_ring_waits_in_the_database_while_the_broker_is_away(sessions, valkey, now, monkeypatch):
    monkeypatch.setattr(broker_app.app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
    relay, subject = Relay(sessions, clock=lambda: now, vault=VAULT, lease_seconds=1), uuid4()
    ring(sessions, TaskName.LOOK, subject)
    relay.turn(at=0)
    assert relay.state["broker"] == "down"
    monkeypatch.undo()
    monkeypatch.setattr(broker_app.app.conf, "broker_url", valkey_url_of(valkey))
    relay.turn(at=1)
    assert relay.state["broker"] == "up"
    assert waiting_in(valkey, Queue.DEPLOY) == [(TaskName.LOOK.value, str(subject))]


def valkey_url_of(valkey: Redis) -> str:
    return f"redis+socket://{valkey.connection_pool.connection_kwargs['path']}?virtual_host=0"


def test_a_broker_that_comes_back_empty_is_told_all_at_the_next_turn(
    relay, sessions, valkey, now, monkeypatch
):
    with sessions.begin() as session:
        job = jobs.create(session, JobWish("diagnosis"), now=now, actor="test")
    relay.turn(at=0)
    relay._line.close()
    with monkeypatch.context() as away:
        away.setattr(broker_app.app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
        relay.turn(at=5)
    valkey.flushdb()
    relay._line._life = "of the one before"
    relay.turn(at=5.25)
    assert waiting_in(valkey, Queue.COLLECT) == [(TaskName.SEAL_FOR_JOB.value, str(job.id))]


def test_a_broker_that_says_nothing_keeps_the_relay_no_longer_than_a_look_of_its_reaper(
    sessions, now, monkeypatch, tmp_path
):
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(tmp_path / "silent.sock"))
    silent.listen()
    monkeypatch.setattr(broker_app.app.conf, "broker_url", f"redis+socket://{tmp_path}/silent.sock")
    relay = Relay(sessions, clock=lambda: now, vault=VAULT, lease_seconds=1)
    began = time.monotonic()
    relay.turn(at=0)
    silent.close()
    assert relay.state["broker"] == "down"
    assert time.monotonic() - began < 3


def test_a_worker_asks_for_a_broker_that_is_away_as_often_after_a_minute_as_at_first():
    waits = []

    def told(error, interval):
        waits.append(interval)
        if len(waits) == 4:
            raise KeyboardInterrupt

    away = broker_app.app.connection_for_read("redis+socket:///nowhere/valkey.sock")
    with pytest.raises(KeyboardInterrupt):
        away.ensure_connection(told)
    assert waits == [broker_app.RETRY_SECONDS] * 4


def test_a_ring_that_the_broker_forgot_comes_again_when_the_row_still_waits(relay, sessions, valkey, now):
    with sessions.begin() as session:
        job = jobs.create(session, JobWish("diagnosis"), now=now, actor="test")
    relay.turn(at=0)
    assert len(waiting_in(valkey, Queue.COLLECT)) == 1
    valkey.flushdb()
    relay.turn(at=5)
    assert waiting_in(valkey, Queue.COLLECT) == []
    relay.turn(at=20)
    assert waiting_in(valkey, Queue.COLLECT) == [(TaskName.SEAL_FOR_JOB.value, str(job.id))]


def test_a_broker_that_may_evict_is_refused_by_name(relay, sessions, valkey):
    valkey.config_set("maxmemory-policy", "allkeys-lru")
    ring(sessions, TaskName.LOOK, uuid4())
    with pytest.raises(EvictingBrokerError, match="allkeys-lru"):
        relay.turn(at=0)
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM outbox")) == 1


def test_an_unknown_task_is_dropped_and_stops_nobody(relay, sessions, valkey):
    with sessions.begin() as session:
        session.execute(text("INSERT INTO outbox (task, subject) VALUES ('of.yesterday', uuidv7())"))
    ring(sessions, TaskName.LOOK, uuid4())
    relay.turn(at=0)
    assert len(waiting_in(valkey, Queue.DEPLOY)) == 1


def test_celery_reads_the_message_as_its_own(valkey):
    subject = uuid4()
    line = Line(VAULT)
    line.push([(TaskName.COLLECT_RUN, subject)])
    with broker_app.app.connection_for_read() as connection:
        queue = connection.SimpleQueue(Queue.COLLECT.value)
        read = queue.get(timeout=2)
        read.ack()
        queue.close()
    assert read.headers["task"] == TaskName.COLLECT_RUN.value
    assert read.payload[0] == [str(subject)]
    line.close()


def test_a_look_that_may_roll_back_goes_before_the_exams_that_wait(valkey):
    exams, look = [uuid4() for _ in range(3)], uuid4()
    line = Line(VAULT)
    line.push([(TaskName.JUDGE_VERSION, exam) for exam in exams])
    line.push([(TaskName.LOOK, look)])
    line.close()
    assert [subject for _, subject in waiting_in(valkey, Queue.DEPLOY)] == [str(s) for s in (look, *exams)]


def test_the_message_holds_one_id_and_nothing_else():
    body = json.loads(base64.b64decode(json.loads(message(VAULT, TaskName.LOOK, UUID(int=7)))["body"]))
    assert body[:2] == [[str(UUID(int=7))], {}]


def test_waiting_rows_are_rung_again_ever_more_rarely_and_only_into_an_empty_queue():
    patience, bell = Patience(), (TaskName.RUN_JOB, uuid4())
    rung = [at for at in range(120) if patience.due([bell], NOBODY_WAITS, at=at)]
    assert rung == [2, 6, 14, 30, 62]
    busy = NOBODY_WAITS | {QUEUE_OF[bell[0]]: 1}
    assert not [at for at in range(200, 400) if patience.due([bell], busy, at=at)]
    patience.lose_it([bell], at=400)
    assert patience.due([bell], NOBODY_WAITS, at=400) == [bell]


def test_two_relays_and_one_leads(settings):
    first, second = Post(settings), Post(settings)
    assert first.is_mine()
    assert not second.is_mine()
    first.leave()
    until(second.is_mine)  # Postgres frees the post once it has seen the connection end
    second.leave()


def test_the_settings_of_the_app_are_the_backbone_s():
    conf = broker_app.app.conf
    assert conf.task_acks_late is False
    assert conf.worker_disable_prefetch is True
    assert conf.task_ignore_result is True
    assert conf.accept_content == ["json"]


def test_a_message_that_another_site_sealed_or_that_was_altered_is_not_let_in(valkey):
    line, ring = Line(VAULT), str(uuid4())
    doorman, subject = Doorman(VAULT, line), uuid4()
    seal = seal_of(VAULT, TaskName.RUN_JOB, subject=str(subject), ring=ring)
    theirs = seal_of(Vault(bytes(32)), TaskName.RUN_JOB, subject=str(subject), ring=ring)
    good = {"id": ring, SEAL: seal}
    for task, named, headers in (
        (TaskName.RUN_JOB, subject, {"id": ring}),
        (TaskName.RUN_JOB, subject, good | {SEAL: None}),
        (TaskName.RUN_JOB, subject, good | {"id": str(uuid4())}),
        (TaskName.RUN_JOB, uuid4(), good),
        (TaskName.LOOK, subject, good),
        (TaskName.RUN_JOB, ["many", "words"], good),
        (
            TaskName.RUN_JOB,
            subject,
            good | {SEAL: theirs},
        ),
    ):
        assert doorman.lets_in(task, named, headers) is None
    assert line.refused() == {"forged": 7}
    assert doorman.lets_in(TaskName.RUN_JOB, str(subject), good) == subject
    assert doorman.lets_in(TaskName.RUN_JOB, str(subject), good) is None
    assert line.refused() == {"forged": 7, "replayed": 1}
    line.close()


def test_what_the_relay_pushes_is_let_in_once(valkey):
    line, subject = Line(VAULT), uuid4()
    line.push([(TaskName.LOOK, subject)])
    [raw] = valkey.lrange(Queue.DEPLOY.value, 0, -1)
    headers = json.loads(raw)["headers"]
    assert Doorman(VAULT, line).lets_in(TaskName.LOOK, str(subject), headers) == subject
    assert Doorman(VAULT, Line(VAULT)).lets_in(TaskName.LOOK, str(subject), headers) is None
    line.close()


def test_a_broker_that_is_away_holds_no_sealed_message_up(valkey, monkeypatch):
    subject, ring = uuid4(), str(uuid4())
    seal = seal_of(VAULT, TaskName.LOOK, subject=str(subject), ring=ring)
    monkeypatch.setattr(broker_app.app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
    doorman = Doorman(VAULT, Line(VAULT))
    assert doorman.lets_in(TaskName.LOOK, str(subject), {"id": ring, SEAL: seal}) == subject
    assert doorman.lets_in(TaskName.LOOK, str(subject), {"id": ring}) is None


def test_refused_messages_are_told_once_until_there_are_more(relay, sessions, valkey):
    line = Line(VAULT)
    relay.turn(at=0)
    for reason in (Refusal.FORGED, Refusal.UNREADABLE):
        line.count_refused(reason.value)
    for at in (2, 4):
        relay.turn(at=at)
    with sessions() as session:
        [alert] = session.scalars(select(Alert))
    assert (alert.kind, alert.seen) == ("refused_messages", 1)
    assert "1 forged, 1 unreadable" in alert.body
    assert relay.state["refused"] == {"forged": 1, "unreadable": 1}
    line.count_refused(Refusal.FORGED.value)
    relay.turn(at=6)
    with sessions() as session:
        assert session.scalars(select(Alert.seen)).one() == 2
    line.close()
