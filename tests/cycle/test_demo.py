"""The demo's first chapter on real parts: from an empty home to a live version, and nothing left behind."""

import psutil
import pytest

from rounds.demo_stack import DemoStack
from rounds.demo_story import Story
from rounds.demo_tell import Teller
from tests.waiting import until

pytestmark = pytest.mark.stack


def started_here(home):
    """Processes that name this home on their command line."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if str(home) in " ".join(process.info["cmdline"] or ()):
            found.append(process)
    return found


def test_a_clinic_becomes_a_live_version_and_nothing_stays(capsys):
    with DemoStack(port_base=None, keep=False, teller=Teller()) as stack:
        story = Story(stack, Teller(), seed=5)
        name = story.first_version()
        story.sum_up()
        assert started_here(stack.home)
    told = capsys.readouterr().out
    assert f"{name} is live" in told
    assert "% right (n " in told
    assert "bootstrap" in told
    until(lambda: not started_here(stack.home))
    assert not stack.home.exists()
