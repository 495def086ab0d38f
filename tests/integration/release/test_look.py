"""A look at a model type: what starts, what is decided, what is written, and that it is written once."""

import io
import json
import subprocess
import sys

import pytest
from sqlalchemy import delete, func, select

from deployer_service import watch
from deployer_service.decide import serve
from deployer_service.look import alone
from shared.domain.cycle import VersionState
from shared.domain.policy import Policy
from shared.registry import (
    approvals,
    challenges,
    decisions,
    evidence,
    models,
    monitor,
    policies,
    readings,
    steering,
    switches,
)
from shared.registry.tables import Alert, EvidenceRecord, Outbox, ReleaseDecision, SilentScore, TrafficPlan


def count(deps, table):
    with deps.sessions() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_wanted_version_starts_in_shadow_and_serves_nobody(clinic):
    clinic.to_shadow()
    plan = clinic.plan()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    assert (plan.share, plan.shadow, plan.challenger.id) == (0.0, True, clinic.challenger)
    assert plan.salt


def test_every_case_is_scored_silently_once(clinic):
    clinic.to_shadow()
    clinic.patients(100, champion="Gout", challenger="Migraine")
    clinic.look()
    clinic.look()
    assert count(clinic.deps, SilentScore) == 100


def test_a_look_ends_although_people_are_answered_all_the_while(clinic, monkeypatch):
    clinic.to_shadow()
    clinic.patients(100, champion="Gout", challenger="Gout")
    answer = clinic.server.answer

    def answers_while_one_more_comes(digest, texts):
        clinic.patients(1, champion="Gout", challenger="Gout")
        return answer(digest, texts)

    monkeypatch.setattr(clinic.server, "answer", answers_while_one_more_comes)
    with clinic.deps.sessions.begin() as session:
        session.execute(delete(Outbox))
    before = count(clinic.deps, ReleaseDecision)
    clinic.look()
    assert count(clinic.deps, SilentScore) >= 100
    assert count(clinic.deps, ReleaseDecision) - before <= 2
    assert count(clinic.deps, Outbox) == 0


def test_all_that_waits_is_scored_and_told_in_one_look(clinic):
    clinic.to_shadow()
    clinic.patients(300, champion="Gout", challenger="Gout")
    clinic.look()
    assert count(clinic.deps, SilentScore) == 300


def test_disagreements_are_read_blind_within_the_budget(clinic):
    clinic.to_shadow()
    clinic.patients(30, champion="Gout", challenger="Migraine")
    clinic.patients(30, champion="Gout", challenger="Gout")
    clinic.look()
    with clinic.deps.sessions() as session:
        asked = readings.open(session, "diagnosis", 100)
    assert len(asked) == Policy().adjudication_budget_per_day
    assert all(sorted(reading.options) == ["Gout", "Migraine"] for reading in asked)
    clinic.clock.move(days=1)
    clinic.look()
    with clinic.deps.sessions() as session:
        assert 20 < len(readings.open(session, "diagnosis", 100)) <= 30  # the backlog lowers the rate


def test_the_whole_road_to_live_writes_one_record_and_one_alert_a_transition(clinic):
    clinic.to_live()
    plan = clinic.plan()
    assert clinic.state(clinic.challenger) is VersionState.LIVE
    assert clinic.state(clinic.champion) is VersionState.STANDBY
    assert (plan.champion.id, plan.standby.id, plan.share) == (clinic.challenger, clinic.champion, 0.0)
    with clinic.deps.sessions() as session:
        written = list(session.scalars(select(EvidenceRecord).order_by(EvidenceRecord.seq)))
        assert [record.transition for record in written if record.transition != "drill"] == [
            "gated>shadow",
            "shadow>canary_5",
            "canary_5>canary_25",
            "canary_25>canary_50",
            "canary_50>live",
        ]
        assert evidence.first_broken(session) is None
    assert count(clinic.deps, Alert) == 5
    assert count(clinic.deps, TrafficPlan) == 6


def test_looking_again_changes_nothing(clinic):
    clinic.to_canary()
    before = count(clinic.deps, ReleaseDecision), count(clinic.deps, EvidenceRecord)
    clinic.look()
    clinic.look()
    assert (count(clinic.deps, ReleaseDecision), count(clinic.deps, EvidenceRecord)) == before


def test_a_worse_challenger_is_rolled_back_before_anybody_meets_it(clinic):
    clinic.to_shadow()
    clinic.patients(20, champion="Gout", challenger="Migraine")
    clinic.look()
    clinic.read("Gout")
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK
    assert clinic.plan().challenger is None
    with clinic.deps.sessions() as session:
        alert = session.scalars(select(Alert).where(Alert.severity == "critical")).one()
    assert "rolled back" in alert.title


def test_a_version_that_turns_bad_in_service_gives_its_place_back(clinic):
    clinic.to_live()
    for _ in range(4):
        clinic.patients(20, champion="Gout", challenger="Migraine")
        clinic.look()
        clinic.read("Gout")
        clinic.look()
        clinic.clock.move(days=1)
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK
    assert clinic.state(clinic.champion) is VersionState.LIVE
    assert clinic.plan().champion.id == clinic.champion


def test_a_model_server_that_is_down_stops_no_rollback(clinic):
    clinic.to_shadow()
    clinic.patients(20, champion="Gout", challenger="Migraine")
    clinic.look()
    clinic.read("Gout")
    clinic.server.is_down = True
    clinic.patients(5, champion="Gout", challenger="Gout")
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK


def test_a_paused_site_starts_and_advances_nothing_and_still_rolls_back(clinic):
    with clinic.deps.sessions.begin() as session:
        switches.turn(session, switches.PAUSED, on=True, actor="ann", now=clinic.clock())
    clinic.to_shadow()
    assert clinic.state(clinic.challenger) is VersionState.GATED
    with clinic.deps.sessions.begin() as session:
        switches.turn(session, switches.PAUSED, on=False, actor="ann", now=clinic.clock())
    clinic.look()
    with clinic.deps.sessions.begin() as session:
        switches.turn(session, switches.PAUSED, on=True, actor="ann", now=clinic.clock())
    clinic.to_canary()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    clinic.clock.move(days=1)
    for _ in range(4):
        clinic.patients(20, champion="Gout", challenger="Migraine")
        clinic.look()
        clinic.read("Gout")
        clinic.look()
        clinic.clock.move(days=1)
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK


@pytest.mark.parametrize(("says_yes", "ends"), [(True, VersionState.LIVE), (False, VersionState.ROLLED_BACK)])
def test_with_two_people_the_promotion_waits_for_the_second(clinic, says_yes, ends):
    with clinic.deps.sessions.begin() as session:
        wish = Policy(release_mode="approval")
        policies.adopt(session, wish, reason="two people", actor="ann", now=clinic.clock())
    clinic.to_live()
    assert clinic.state(clinic.challenger) is VersionState.CANARY_50
    with clinic.deps.sessions.begin() as session:
        request = approvals.waiting(session)[0]
        assert "because the site's policy releases nothing without a second person" in request.reason
        assert request.subject_id == clinic.challenger
        approvals.decide(
            session, request.id, checker="bob", approve=says_yes, reason="seen", now=clinic.clock()
        )
    clinic.look()
    assert clinic.state(clinic.challenger) is ends


def test_a_challenger_of_which_nothing_good_is_known_leaves_its_seat_to_a_newer_one_after_a_week(clinic):
    clinic.to_shadow()
    newer = clinic.another_waits()
    clinic.patients(20, champion="Gout", challenger="Gout")
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW  # the first week is its own
    clinic.clock.move(days=7)
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.RETIRED
    assert clinic.state(newer) is VersionState.SHADOW
    assert clinic.plan().challenger.id == newer


@pytest.mark.parametrize("known", ["it leads", "nothing was compared", "a person holds it"])
def test_no_newer_version_takes_the_seat_of_a_challenger_that(clinic, known):
    clinic.to_shadow()
    newer = clinic.another_waits()
    if known == "it leads":
        clinic.patients(6, champion="Gout", challenger="Migraine")
        clinic.look()
        clinic.read("Migraine")
    if known == "a person holds it":
        with clinic.deps.sessions.begin() as session:
            version = models.get(session, clinic.challenger)
            steering.hold(session, version, on=True, reason="wait", actor="ann", now=clinic.clock())
        clinic.patients(20, champion="Gout", challenger="Gout")
    clinic.clock.move(days=8)
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    assert clinic.state(newer) is VersionState.GATED


def test_a_challenge_without_evidence_is_retired_at_its_horizon(clinic):
    clinic.to_shadow()
    clinic.patients(10, champion="Gout", challenger="Gout")
    clinic.look()
    clinic.clock.move(days=29)
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.RETIRED


def test_a_promoted_version_settles_after_its_days_and_cases(clinic):
    with clinic.deps.sessions.begin() as session:
        wish = Policy(settle_days=14, settle_cases=100)
        policies.adopt(session, wish, reason="small clinic", actor="ann", now=clinic.clock())
    clinic.to_live()
    clinic.patients(100, champion="Gout", challenger="Gout")
    clinic.look()
    assert clinic.state(clinic.champion) is VersionState.STANDBY
    clinic.clock.move(days=14)
    clinic.look()
    with clinic.deps.sessions() as session:
        assert models.get(session, clinic.challenger).settled
    assert clinic.state(clinic.champion) is VersionState.RETIRED
    assert clinic.plan().standby is None


def test_the_exported_messages_give_the_stored_answers_byte_for_byte(clinic):
    clinic.to_live()
    with clinic.deps.sessions() as session:
        run = decisions.runs(session, "diagnosis")[0][0]
        steps = list(decisions.export(session, run))
    assert len(steps) > 4
    out = io.StringIO()
    serve(io.StringIO("".join(message + "\n" for message, _ in steps)), out)
    assert out.getvalue().splitlines() == [answer for _, answer in steps]


def test_the_command_reads_standard_input(clinic):
    clinic.to_shadow()
    with clinic.deps.sessions() as session:
        run = decisions.runs(session, "diagnosis")[0][0]
        message, answer = next(iter(decisions.export(session, run)))
    command = [sys.executable, "-m", "deployer_service.decide", "--stdio"]
    end = json.dumps({"type": "end"})
    said = subprocess.run(command, input=f"{message}\n{end}\n", capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == [answer]


def test_a_rolled_back_version_is_unloaded_once_no_router_names_it(clinic):
    clinic.to_shadow()
    clinic.patients(20, champion="Gout", challenger="Migraine")
    clinic.look()
    clinic.read("Gout")
    clinic.look()
    assert len(clinic.server.loaded()) == 2
    clinic.clock.move(minutes=2)
    clinic.look()
    assert list(clinic.server.roles.values()) == ["champion"]


def test_a_version_that_cannot_be_brought_up_is_an_alert_and_serves_nobody(clinic):
    clinic.server.fingerprint = "another"
    clinic.to_shadow()
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.GATED
    with clinic.deps.sessions() as session:
        alert = session.scalars(select(Alert)).one()
    assert (alert.kind, alert.seen) == ("challenge_not_started", 2)


def test_live_accuracy_is_counted_by_day_with_its_interval_as_labels_come(clinic):
    ids = clinic.patients(20, champion="Gout", challenger="Gout")
    clinic.label(ids[:8], "Gout")
    clinic.label(ids[8:10], "Migraine")
    clinic.look()
    with clinic.deps.sessions() as session:
        window = monitor.newest_windows(session, "diagnosis")[0]
    assert (window.n_predicted, window.n_matured) == (20, 10)
    accuracy = window.estimates["accuracy"]
    assert accuracy["value"] == 0.8 and accuracy["low"] < 0.8 < accuracy["high"]
    clinic.label(ids[10:], "Gout")
    clinic.clock.move(hours=7)
    clinic.look()
    with clinic.deps.sessions() as session:
        assert monitor.newest_windows(session, "diagnosis")[0].n_matured == 20


def test_two_looks_at_once_are_one(clinic):
    with alone(clinic.deps, "diagnosis") as mine, alone(clinic.deps, "diagnosis") as second:
        assert mine and not second
        clinic.to_shadow()
    assert clinic.state(clinic.challenger) is VersionState.GATED
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW


def test_a_label_whose_own_look_met_a_closed_door_is_told_by_the_look_behind_it(clinic, monkeypatch):
    clinic.to_shadow()
    late = clinic.patients(40, champion="Gout", challenger="Gout")
    measure = watch.measure

    def measures_while_a_label_comes(model_type, deps):
        if len(late) > 38:
            clinic.label([late.pop()], "Gout")
        measure(model_type, deps)

    monkeypatch.setattr("deployer_service.watch.measure", measures_while_a_label_comes)
    clinic.look()
    with clinic.deps.sessions() as session:
        assert (len(late), challenges.newest(session, "diagnosis").undecided) == (38, 0)


def test_a_look_that_dies_before_its_commit_leaves_nothing_and_the_next_does_it(clinic, monkeypatch):
    clinic.to_shadow()
    clinic.patients(20, champion="Gout", challenger="Migraine")
    clinic.look()
    clinic.read("Gout")
    records = count(clinic.deps, EvidenceRecord)
    monkeypatch.setattr("deployer_service.look._ask_readers", _die)
    with pytest.raises(KeyboardInterrupt):
        clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.SHADOW
    monkeypatch.undo()
    clinic.look()
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK
    assert count(clinic.deps, EvidenceRecord) == records + 1


def _die(*_):
    raise KeyboardInterrupt
