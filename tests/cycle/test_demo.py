"""The demo's first chapter on real parts: from an empty home to a live version, and nothing left behind."""

import sqlite3

import psutil
import pytest

from bench.leaving import everywhere, found
from rounds.demo_stack import DemoStack
from rounds.demo_story import Story
from rounds.demo_tell import Teller
from shared.config import load_settings
from tests.cycle import examples
from tests.waiting import until

pytestmark = pytest.mark.stack


def started_here(home):
    """Processes that name this home on their command line."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if str(home) in " ".join(process.info["cmdline"] or ()):
            found.append(process)
    return found


def patients(clinic):
    """Names and record numbers of everybody whom the clinic treated."""
    with sqlite3.connect(clinic) as database:
        names = database.execute("SELECT name FROM patient_intakes").fetchall()
        numbers = database.execute("SELECT mrn FROM discharge_summaries WHERE mrn IS NOT NULL").fetchall()
    return {value for (value,) in names + numbers}


def site(stack):
    return load_settings(home=stack.home)


def test_a_clinic_becomes_a_live_version_and_nothing_stays(capsys):
    with DemoStack(port_base=None, keep=False, teller=Teller()) as stack:
        story = Story(stack, Teller(), seed=5)
        name = story.first_version()
        story.sum_up()
        assert started_here(stack.home)
        told = examples.run(stack)
        where = found(patients(stack.home / "clinic.db"), everywhere(site(stack), but=("clinic.db",)))
        assert set(where) == set()
        assert found(["diagnosis-1"], everywhere(site(stack)))  # the search does find what is there
    assert f"by {name}" in told["app"]
    assert f"{name} live" in told["notebook"]
    assert "confirmed_by_qualified_practitioner 3" in told["fhir"]
    assert "collected" in told["database"]
    told = capsys.readouterr().out
    assert f"{name} is live" in told
    assert "% right (n " in told
    assert "bootstrap" in told
    until(lambda: not started_here(stack.home))
    assert not stack.home.exists()
