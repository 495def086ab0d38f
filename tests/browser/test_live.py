"""How fresh the page is: live by the stream, delayed by asking, offline when nobody answers."""

import re

import pytest
from playwright.sync_api import expect

from shared.domain.cycle import AlertState
from shared.registry import alerts, moves
from shared.registry.alerts import Trouble

DOOR, STREAM = "api_service.main", "api_service.events"


@pytest.fixture
def restarted(clinic):
    """Whatever a test ended runs again for the next one."""
    yield
    for module in (DOOR, STREAM):
        if module not in clinic.processes:
            clinic.start(module)


def test_the_badge_follows_the_stream_and_the_api(clinic, enter, restarted):
    page = enter()
    badge = page.get_by_test_id("badge")
    expect(badge).to_have_text("live")
    clinic.end(STREAM)
    expect(badge).to_have_text(re.compile("^delayed"))
    clinic.end(DOOR)
    expect(badge).to_have_text(re.compile("^offline"), timeout=15_000)
    expect(page.get_by_text("the site does not answer").first).to_be_visible()
    expect(page.get_by_role("region", name="In service")).to_contain_text(clinic.world.champion)
    clinic.start(DOOR)
    expect(badge).to_have_text(re.compile("^delayed"), timeout=30_000)
    clinic.start(STREAM)
    expect(badge).to_have_text("live", timeout=30_000)


def test_what_happens_is_on_the_screen_within_a_second_of_its_commit(clinic, enter):
    page = enter()
    expect(page.get_by_test_id("badge")).to_have_text("live")
    expect(page.get_by_role("region", name="Stations of the cycle")).to_be_visible()
    with clinic.sessions.begin() as session:
        trouble = Trouble("silent_part", "critical", "live-test", "the relay is silent", "for 20 s")
        alert_id = alerts.raise_alert(session, trouble, now=clinic.settings.clock())
    expect(page.get_by_role("heading", name="the relay is silent")).to_be_visible(timeout=2_000)
    with clinic.sessions.begin() as session:
        row = alerts.get(session, alert_id)
        moves.move(session, row, AlertState.RESOLVED, by="test", at=clinic.settings.clock())
    expect(page.get_by_role("heading", name="the relay is silent")).to_have_count(0)
