"""The comparison on the command line, and its stored decisions through `decide --stdio`."""

import json
import subprocess
import sys

import pytest

from deployer_service.challenge import Challenge
from rounds.commands.rollout import abtest, hold, promote, resume, watch
from rounds.site import Site, choose
from shared.errors import NotFoundError
from shared.registry import decisions, deployments, models
from shared.registry.releases import Cause


@pytest.fixture
def here(settings):
    choose(Site(overrides={"home": settings.home, "database_url": settings.database_url}))


def test_nothing_compared_yet_is_said_with_a_way_out(here, clinic):
    for command in (abtest, watch):
        with pytest.raises(NotFoundError, match="nothing of diagnosis was compared"):
            command(model_type="diagnosis")


def test_the_running_comparison_is_shown_with_its_evidence(here, clinic, capsys):
    clinic.to_canary()
    abtest(model_type="diagnosis", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["running"], told["state"], told["share"]) == (True, "canary_5", 0.05)
    assert told["evidence"]["wins"] == 20
    assert told["evidence"]["interval"][0] > 0
    abtest(model_type="diagnosis", as_json=False)
    assert "points (" in capsys.readouterr().out


def test_watching_tells_every_step_once_and_ends_with_the_comparison(here, clinic, capsys):
    clinic.to_canary()
    with clinic.deps.sessions.begin() as session:
        deployments.rollback_by_person(session, "diagnosis", None, cause=Cause("ann", "stop", clinic.clock()))
    watch(model_type="diagnosis", steps=50, as_json=True)
    said = capsys.readouterr()
    told = [json.loads(line) for line in said.out.splitlines()]
    assert [one["step"] for one in told] == list(range(len(told)))
    assert "advance" in {one["action"] for one in told}
    assert "rolled_back" in said.err
    watch(model_type="diagnosis", steps=50, as_json=False)
    assert "canary" in capsys.readouterr().out


def test_a_ramp_is_held_asked_further_and_let_go(here, clinic, capsys):
    clinic.to_shadow()
    with clinic.deps.sessions() as session:
        name = models.get(session, clinic.challenger).name
    hold(name, "a ward moves house")
    promote(name, "the board wants it", as_json=True)
    capsys.readouterr()
    abtest(model_type="diagnosis", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["held"]["reason"], told["asked"]["state"]) == ("a ward moves house", "asked")
    resume(name, "it has moved")
    capsys.readouterr()
    abtest(model_type="diagnosis", as_json=True)
    assert json.loads(capsys.readouterr().out)["held"] is None


def test_a_stored_run_fed_to_the_engine_over_stdio_gives_the_same_bytes(clinic):
    clinic.to_live()
    with clinic.deps.sessions() as session:
        pair = models.get(session, clinic.challenger), models.get(session, clinic.champion)
        stored = list(decisions.export(session, Challenge(*pair).run))
    messages = "\n".join(message for message, _ in stored) + '\n{"type":"end"}\n'
    done = subprocess.run(
        [sys.executable, "-m", "deployer_service.decide", "--stdio"],
        input=messages,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [answer for _, answer in stored]
    assert {json.loads(answer)["action"] for _, answer in stored} >= {"advance", "promote"}
