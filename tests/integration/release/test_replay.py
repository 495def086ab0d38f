"""The past, asked again: who was live, what was answered, judged and decided comes out the same."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import typer

from deployer_service import replay
from deployer_service.evaluate import judge_version
from rounds.site import Site, choose
from shared.domain.policy import Policy
from shared.errors import NotFoundError
from shared.registry import approvals, models, policies, time_machine
from shared.registry.predictions import UnknownPredictionError
from tests.factories import NOW
from tests.integration.release.test_evaluate import BETTER, WORSE, a_candidate


def live_at(clinic, instant):
    with clinic.deps.sessions() as session:
        return time_machine.live_at(session, "diagnosis", instant)


def test_one_query_says_who_served_why_and_whom(clinic):
    before = clinic.clock()
    clinic.clock.move(days=1)
    clinic.to_canary()
    canary = clinic.clock()
    clinic.patients(40, champion="Gout", challenger="Gout")
    assert live_at(clinic, NOW - timedelta(days=9)) is None
    first = live_at(clinic, before)
    assert (first.number, first.challenger, first.evidence) == (1, None, None)
    assert first.until is not None
    then = live_at(clinic, clinic.clock())
    with clinic.deps.sessions() as session:
        names = [models.get(session, one).name for one in (clinic.champion, clinic.challenger)]
    assert [then.champion, then.challenger] == names
    assert (then.share, then.until, then.actor) == (0.05, None, "rule:decide")
    assert then.evidence["transition"] == "shadow>canary_5"
    assert {(one["model_version"], one["answers"], one["persons"]) for one in then.answered} == {
        (names[0], 38, 38),
        (names[1], 2, 2),
    }
    shadow = live_at(clinic, canary - timedelta(seconds=1))
    assert [(one["slot"], one["answers"]) for one in shadow.answered] == [("champion", 120)]


def test_the_second_person_s_word_stands_beside_what_it_let_in(clinic):
    with clinic.deps.sessions.begin() as session:
        wish = Policy(release_mode="approval")
        policies.adopt(session, wish, reason="two people", actor="ann", now=clinic.clock())
    clinic.to_live()
    with clinic.deps.sessions.begin() as session:
        request = approvals.waiting(session)[0]
        approvals.decide(session, request.id, checker="bob", approve=True, reason="seen", now=clinic.clock())
    clinic.look()
    [word] = live_at(clinic, clinic.clock()).approvals
    assert (word["maker"], word["checker"], word["state"]) == ("rule:decide", "bob", "approved")


@pytest.mark.parametrize("exam", [BETTER, WORSE])
def test_a_verdict_is_judged_again_to_the_same_bytes(clinic, exam):
    candidate = a_candidate(clinic.deps, exam)
    judge_version(candidate, clinic.deps)
    with clinic.deps.sessions() as session:
        name = models.get(session, candidate).name
    [again] = replay.version(name, clinic.deps.sessions)
    assert again.same
    assert again.stored == again.again


def test_every_decision_of_a_run_comes_out_the_same_and_an_altered_one_is_named(clinic, postgres_server):
    import psycopg2
    from sqlalchemy import text

    clinic.to_live()
    with clinic.deps.sessions() as session:
        name = models.get(session, clinic.challenger).name
        database = session.scalar(text("SELECT current_database()"))
    runs = [one for one in replay.version(name, clinic.deps.sessions) if one.what.startswith("run")]
    assert [one.same for one in runs] == [True]
    owner = psycopg2.connect(host=str(postgres_server.sockets), user="rounds", dbname=database)
    owner.cursor().execute("ALTER TABLE release_decisions DISABLE TRIGGER append_only")
    owner.cursor().execute(
        "UPDATE release_decisions SET answer = replace(answer, 'hold', 'held') WHERE step = 1"
    )
    owner.commit()
    owner.close()
    [run] = [one for one in replay.version(name, clinic.deps.sessions) if one.what.startswith("run")]
    assert (run.same, run.what.split(", ")[1]) == (False, "step 1")


def test_what_is_not_there_is_said_so(clinic):
    with pytest.raises(NotFoundError, match="diagnosis-0"):
        replay.version("diagnosis-0", clinic.deps.sessions)
    with pytest.raises(UnknownPredictionError):
        replay.prediction(uuid4(), clinic.deps, clinic.deps.vault)


def test_the_command_ends_with_1_where_something_differs(clinic, settings, capsys, monkeypatch):
    from rounds.commands.replay import replay as command

    candidate = a_candidate(clinic.deps, BETTER)
    judge_version(candidate, clinic.deps)
    with clinic.deps.sessions() as session:
        name = models.get(session, candidate).name
    here = Site(overrides={"home": settings.home, "database_url": settings.database_url})
    choose(here)
    command(name, as_json=True)
    assert json.loads(capsys.readouterr().out)["same"] is True
    monkeypatch.setattr("deployer_service.replay.gate.MIN_CASES", 10_000)
    monkeypatch.setattr("shared.domain.gate.MIN_CASES", 10_000)
    with pytest.raises(typer.Exit):
        command(name, as_json=True)
