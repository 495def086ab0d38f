import json

import pytest
from sqlalchemy import select

from rounds.commands.training import outcome
from shared.domain.cycle import VersionState
from shared.registry import keys, schedules, switches
from shared.registry.tables import AuditEvent, Outbox, TrainingJob
from tests.factories import a_gate_decision, a_version


def answer(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def test_a_key_of_all_roles_is_made_listed_without_secret_and_revoked(cli, sessions, now):
    made = answer(cli("key", "create", "--name", "owner", "--role", "all", "--json"))
    with sessions() as session:
        assert set(keys.find(session, made["key"], now).roles) == set(keys.ROLES)
    code, out, _ = cli("key", "list")
    assert code == 0 and "owner" in out and made["key"].rsplit("_", 1)[1] not in out
    answer(cli("key", "revoke", "owner", "--json"))
    with sessions() as session:
        assert keys.find(session, made["key"], now) is None


def test_pause_and_resume_turn_the_one_switch(cli, sessions):
    assert answer(cli("pause", "--json")) == {"paused": True, "changed": True}
    assert answer(cli("pause", "--json")) == {"paused": True, "changed": False}
    with sessions() as session:
        assert switches.is_on(session, switches.PAUSED)
    assert answer(cli("resume", "--json")) == {"paused": False, "changed": True}


def test_a_training_is_queued_with_its_doorbell_and_cancelled(cli, sessions):
    queued = answer(cli("train", "--seed", "7", "--set", "epochs=2", "--json"))
    with sessions() as session:
        job = session.get(TrainingJob, queued["job_id"])
        assert (job.seed, job.recipe, job.model_type) == (7, {"epochs": 2}, "diagnosis")
        assert session.scalar(select(Outbox.subject)) == job.id
    assert [job["job_id"] for job in answer(cli("jobs", "list", "--json"))] == [queued["job_id"]]
    code, _, err = cli("train", "--seed", "7", "--set", "epochs=2")
    assert code == 1 and queued["job_id"] in err and "→" in err
    assert answer(cli("jobs", "cancel", queued["job_id"], "--json"))["status"] == "cancelled"
    assert answer(cli("jobs", "show", queued["job_id"], "--json"))["error_code"] == "cancelled"
    again = answer(cli("jobs", "retry", queued["job_id"], "--set", "epochs=1", "--json"))
    assert (again["retry_of"], again["status"]) == (queued["job_id"], "queued")
    assert [line["event"] for line in answer(cli("jobs", "log", queued["job_id"], "--json"))] == [
        "training_jobs.queued",
        "training_jobs.cancelled",
    ]


def test_a_followed_log_ends_with_its_job_and_says_everything_once(cli):
    queued = answer(cli("train", "--json"))["job_id"]
    answer(cli("jobs", "cancel", queued, "--json"))
    code, out, _ = cli("jobs", "log", queued, "--follow", "--json")
    assert code == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == [
        "training_jobs.queued",
        "training_jobs.cancelled",
    ]
    code, out, _ = cli("jobs", "log", queued, "--follow")
    assert "training_jobs.cancelled" in out and "why cancelled" in out


def test_a_forecast_without_a_past_is_none_and_devices_are_listed(cli):
    assert answer(cli("jobs", "forecast", "--json"))["gain_points"] is None
    assert answer(cli("jobs", "devices", "--json")) == []


def test_waiting_without_a_stack_is_refused_instead_of_endless(cli):
    code, _, err = cli("train", "--wait")
    assert code == 3 and "relay is not running" in err and "rounds up" in err


def test_a_schedule_is_made_edited_in_part_and_refused_when_wrong(cli, sessions):
    made = answer(cli("schedule", "set", "extra", "--kind", "collect", "--cron", "0 4 * * *", "--json"))
    assert made["timezone"] == "UTC" and made["next_due"].endswith("04:00:00+00:00")
    edited = answer(cli("schedule", "set", "extra", "--zone", "Asia/Kolkata", "--off", "--json"))
    assert (edited["cron"], edited["timezone"], edited["enabled"]) == ("0 4 * * *", "Asia/Kolkata", False)
    assert [row["name"] for row in answer(cli("schedule", "list", "--json"))] == ["extra"]
    code, _, err = cli("schedule", "set", "extra", "--cron", "61 4 * * *")
    assert code == 2 and "→" in err
    with sessions() as session:
        assert schedules.named(session, "extra").cron == "0 4 * * *"
        acts = session.scalars(select(AuditEvent.actor).where(AuditEvent.subject_kind == "schedules")).all()
        assert len(acts) == 2 and all(actor.startswith("cli:") for actor in acts)


def test_nothing_live_is_said_and_lists_of_nothing_say_how_to_begin(cli):
    code, _, err = cli("models", "current")
    assert code == 2 and "nothing of diagnosis is live" in err
    code, _, err = cli("rollback")
    assert code == 1 and "nothing of diagnosis is live" in err
    code, _, err = cli("deploy", "diagnosis-9", "--json")
    assert code == 2 and json.loads(err)["code"] == "unknown_version"
    assert "rounds train" in cli("models", "list")[1]
    assert answer(cli("alerts", "list", "--json")) == []


def test_migrate_says_what_it_applied(cli):
    assert answer(cli("migrate", "--json")) == {"revision": "head", "applied": []}


def test_doctor_finds_what_is_wrong_and_names_the_remedy(cli, settings):
    (settings.root / "keys").mkdir()
    (settings.root / "keys" / "site.secret").write_bytes(bytes(32))
    (settings.root / "keys" / "site.secret").chmod(0o644)
    code, out, _ = cli("doctor", "--json")
    found = {(one["check"], one["verdict"]): one for one in json.loads(out)}
    assert code == 3
    assert "chmod 600" in found["secrets", "wrong"]["remedy"]
    assert "not locked" in found["storage", "ok"]["found"]
    assert ("database", "ok") in found and ("broker", "ok") in found and ("keys", "look") in found


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["nosuch"], 2, "nosuch"),
        (["train", "--seed", "x"], 2, "--seed"),
        (["train", "--set", "epochs"], 2, "key=value"),
        (["train", "--model-type", "weather"], 2, "weather"),
        (["jobs", "show", "00000000-0000-0000-0000-000000000000"], 2, "no training job"),
        (["key", "create", "--name", "a", "--role", "king"], 2, "king"),
        (["status"], 3, "no stack runs"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_an_error_is_one_sentence_with_a_way_out_and_its_exit_code(cli, arguments, code, word):
    got, out, err = cli(*arguments)
    assert (got, out) == (code, "")
    assert word in err and "Traceback" not in err and len(err.strip().splitlines()) <= 2


def test_a_wrong_use_leads_to_the_help_of_its_command(cli):
    code, _, err = cli("types", "add", "pneumonia")
    assert code == 2 and "--family" in err and "types add --help" in err


def test_a_training_that_was_rejected_says_by_which_rule(sessions):
    with sessions.begin() as session:
        version = a_version(session, gate=None, state=VersionState.REJECTED)
        rule = {"rule": "better than chance", "verdict": "fail", "why": "accuracy 0.4"}
        a_gate_decision(session, version, verdict="fail", rules=[rule])
        told = outcome(session, version.job_id)
    assert told["state"] is VersionState.REJECTED
    assert told["failed_rules"] == ["better than chance: accuracy 0.4"]


def test_a_database_that_is_down_is_named_not_traced(cli, monkeypatch):
    monkeypatch.setenv("ROUNDS_DATABASE_URL", "postgresql+psycopg2://rounds@/rounds?host=/nowhere")
    code, _, err = cli("jobs", "list")
    assert code == 3 and err.startswith("the database does not answer.")
    code, _, err = cli("rollback")
    assert code == 3 and "did not say that it has rolled back" in err and "POST /models/rollback" in err


def test_a_wrong_setting_stops_everything_with_its_name(cli, monkeypatch):
    monkeypatch.setenv("ROUNDS_LEASE_SECOND", "3")
    code, _, err = cli("config")
    assert code == 2 and "ROUNDS_LEASE_SECOND is not a setting" in err


def test_a_policy_is_shown_and_proposed_and_nobody_approves_his_own(cli):
    assert answer(cli("policy", "show", "--json"))["gate_margin"] == 0.02
    code, out, _ = cli("policy", "show")
    assert code == 0 and "deid.tagger" in out
    asked = answer(cli("policy", "propose", "--set", "gate_margin=0.01", "--reason", "stricter", "--json"))
    assert asked["changes"] == {"gate_margin": [0.02, 0.01]}
    code, _, err = cli("approve", asked["approval_id"])
    assert code == 1 and "may not approve" in err
    assert answer(cli("policy", "show", "--json"))["gate_margin"] == 0.02
    code, _, err = cli("policy", "propose", "--set", "gate_margins=1", "--reason", "x")
    assert code == 2 and "gate_margins" in err
