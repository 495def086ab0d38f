"""`rounds doctor` sees what is wrong, mends what is safe to mend when asked to, and writes it down."""

import json
import os
import socket
import time
from datetime import timedelta

import pytest
import redis
from sqlalchemy import select, text

from shared import authority
from shared.domain.cycle import JobState
from shared.registry import attempts, outbox, parts, recoveries
from shared.registry.migrate import migrate, pending
from shared.registry.parts import Identity
from shared.registry.tables import AuditEvent, Event, Outbox, TrainingJob
from shared.storage.objects import open_storage
from shared.vault import open_vault
from tests.factories import a_dataset, a_job, a_version


@pytest.fixture
def doctor(cli):
    """Runs the doctor; what it found and did, by check (the last finding of each)."""

    def examined(*words: str) -> dict[str, dict[str, object]]:
        _, out, err = cli("doctor", *words, "--json")
        assert out, err
        return {finding["check"]: finding for finding in json.loads(out)}

    return examined


def did(sessions) -> dict[str, str]:
    with sessions() as session:
        return {event.subject: event.data["did"] for event in recoveries.recent(session)}


def test_looking_changes_nothing_and_repairing_is_recorded(doctor, settings, sessions):
    settings.root.chmod(0o755)
    seen = doctor()
    assert (seen["home"]["verdict"], seen["home"]["can_be_mended"]) == ("wrong", True)
    assert settings.root.stat().st_mode & 0o777 == 0o755
    mended = doctor("--repair")
    assert (mended["home"]["verdict"], mended["home"]["remedy"]) == ("mended", None)
    assert settings.root.stat().st_mode & 0o777 == 0o700
    assert "home" not in {check for check, one in doctor().items() if one["verdict"] == "wrong"}
    assert did(sessions) == {"home": mended["home"]["did"]}
    with sessions() as session:
        [act] = session.scalars(select(AuditEvent).where(AuditEvent.act == "repair"))
    assert act.actor.startswith("cli:") and act.subject_id == "home"


def test_a_secret_that_others_can_read_is_closed(doctor, settings):
    open_vault(settings.secret_file)
    settings.secret_file.chmod(0o644)
    assert doctor()["secrets"]["verdict"] == "wrong"
    assert doctor("--repair")["secrets"]["verdict"] == "mended"
    assert settings.secret_file.stat().st_mode & 0o777 == 0o600


def test_a_socket_that_nobody_listens_on_goes_and_a_living_one_stays(doctor, settings):
    settings.sockets.mkdir(mode=0o700, exist_ok=True)
    dead, alive = settings.sockets / ".s.PGSQL.5432", settings.sockets / "valkey.sock"
    with socket.socket(socket.AF_UNIX) as left, socket.socket(socket.AF_UNIX) as heard:
        left.bind(str(dead))
        heard.bind(str(alive))
        heard.listen()
        left.close()
        assert ".s.PGSQL.5432" in doctor()["sockets"]["found"]
        assert doctor("--repair")["sockets"]["did"] == "removed .s.PGSQL.5432"
        assert (dead.exists(), alive.exists()) == (False, True)
    alive.unlink()
    settings.sockets.rmdir()


def test_a_migration_that_is_missing_is_applied(doctor, settings):
    migrate(settings, revision="0018")
    seen = doctor()["database"]
    assert seen["verdict"] == "wrong" and "0019" in seen["found"]
    assert doctor("--repair")["database"]["verdict"] == "mended"
    assert pending(settings) == []


def test_a_broker_that_may_evict_is_told_not_to(doctor, settings):
    path = settings.broker.split("://")[1].split("?")[0]
    client = redis.Redis(unix_socket_path=path)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert doctor()["broker"]["verdict"] == "wrong"
        assert doctor("--repair")["broker"]["verdict"] == "mended"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    finally:
        client.config_set("maxmemory-policy", "noeviction")


def test_rows_that_nobody_rings_for_are_rung_for(doctor, sessions):
    with sessions.begin() as session:
        job_id = a_job(session).id
    seen = doctor()["rings"]
    assert (seen["verdict"], seen["found"]) == ("wrong", "1 rows wait without a doorbell, and no relay runs")
    assert doctor("--repair")["rings"]["did"] == "rang for 1 rows"
    with sessions() as session:
        assert session.scalars(select(Outbox.subject)).all() == [job_id]
    assert doctor()["rings"]["verdict"] == "ok"


def test_a_living_relay_is_left_to_its_work(doctor, sessions):
    with sessions.begin() as session:
        a_job(session)
        parts.say(session, Identity("relay"), {})
    seen = doctor()
    assert (seen["rings"]["verdict"], seen["leases"]["verdict"]) == ("ok", "ok")


def test_what_a_dead_worker_holds_is_given_up_after_a_lease_of_silence(
    doctor, sessions, settings, now, monkeypatch
):
    monkeypatch.setenv("ROUNDS_LEASE_SECONDS", "1.2")
    with sessions.begin() as session:
        job_id = a_job(session, dataset_version_id=a_dataset(session).id).id
        assert attempts.claim(session, job_id, worker="w", now=now)
    assert doctor()["leases"]["verdict"] == "wrong"
    assert "gave up 1" in doctor("--repair")["leases"]["did"]
    with sessions() as session:
        assert session.get(TrainingJob, job_id).state == JobState.QUEUED


def test_weights_that_no_version_names_go_when_they_are_old(doctor, sessions, settings):
    storage = open_storage(settings)
    with sessions.begin() as session:
        named = a_version(session, artifact_key="models/named/")
        assert named
    for digest in ("named", "orphan", "fresh"):
        storage.put(f"models/{digest}/rounds.json", b"{}")
    below = settings.root / "artifacts" / "models"
    for digest in ("named", "orphan"):
        os.utime(below / digest, (time.time() - 2 * 86400,) * 2)
    assert "1 folders" in doctor()["artifacts"]["found"]
    assert doctor("--repair")["artifacts"]["did"] == "removed 1 files that no version names"
    assert sorted(path.name for path in below.iterdir()) == ["fresh", "named"]


def test_a_clock_that_is_apart_is_wrong_and_is_not_touched(doctor):
    seen = doctor()["clock"]
    assert (seen["verdict"], seen["can_be_mended"]) == ("ok", False)


def test_recoveries_are_the_newest_first_and_leases_that_were_lost_count(session, now):
    from shared.registry import events

    for minute, kind in enumerate(("lease.lost", "training_jobs.queued", "recovery.broker")):
        at = now - timedelta(minutes=minute)
        events.emit(session, kind=kind, subject="x", at=at, data={"fence": 1})
    events.emit(session, kind="recovery.home", subject="home", at=now - timedelta(days=2))
    outbox.wake(session)
    session.flush()
    assert [event.kind for event in recoveries.recent(session)] == [
        "recovery.home",
        "recovery.broker",
        "lease.lost",
    ]
    assert recoveries.count(session, now=now) == 2
    session.execute(text("SET LOCAL enable_seqscan = off"))
    asked = select(Event.seq).where(recoveries.IS_ONE).order_by(Event.seq.desc()).limit(5)
    plan = session.scalars(text(f"EXPLAIN {asked.compile(compile_kwargs={'literal_binds': True})}"))
    assert "ix_events_recoveries" in "".join(plan)
    assert session.scalar(select(Event.kind).limit(1))


def test_a_certificate_that_ends_soon_and_a_door_in_clear_are_seen(doctor, settings, monkeypatch, tmp_path):
    authority.keep(tmp_path, ["model-server"], now=settings.clock() - timedelta(days=360))
    monkeypatch.setenv("ROUNDS_TLS_CERTIFICATE", str(tmp_path / "model-server" / "certificate.pem"))
    monkeypatch.setenv("ROUNDS_MODEL_SERVER_BIND", "0.0.0.0:18003")
    seen = doctor()
    assert (seen["certificates"]["verdict"], seen["certificates"]["remedy"]) != ("ok", None)
    assert (seen["doors"]["verdict"], "speaks TLS" in seen["doors"]["found"]) == ("ok", True)
    monkeypatch.delenv("ROUNDS_TLS_CERTIFICATE")
    assert doctor()["doors"]["verdict"] == "look"
