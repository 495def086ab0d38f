"""What people do: read cases by keyboard, watch a training, steer an experiment, answer alerts, look back."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from shared.domain.cycle import CaseState, VersionState
from shared.registry import models, steering
from shared.registry.tables import Alert, ValidatedCase, Validation
from tests.browser.world import POINTS, add_point
from tests.waiting import until


def test_a_case_is_validated_with_three_keys_and_one_is_taken_back(clinic, enter):
    page = enter(clinic.key("doctor", "clinician"), at="/cases")
    waiting = page.get_by_role("heading", name=re.compile("waiting"))
    before = int(waiting.inner_text().split()[0])
    review = page.get_by_role("button", name=re.compile("held for review")).first
    review.click()
    expect(page.get_by_text("The record says")).to_be_visible()
    page.keyboard.press("a")
    expect(waiting).to_have_text(f"{before - 1} waiting")
    page.keyboard.press("z")
    expect(waiting).to_have_text(f"{before} waiting")
    for key in ("j", "k", "a"):
        page.keyboard.press(key)
    expect(waiting).to_have_text(f"{before - 1} waiting")
    page.get_by_role("button", name="Send now").click()
    with clinic.sessions() as session:
        kept = until(lambda: session.scalars(select(Validation).filter_by(kind="confirm")).first())
        assert session.get(ValidatedCase, kept.case_id).state is CaseState.VALIDATED


def test_a_reading_is_blind_and_a_digit_answers_it(clinic, enter):
    page = enter(clinic.key("reader", "clinician"), at="/cases")
    page.get_by_role("button", name=re.compile("read blind")).first.click()
    expect(page.get_by_text("no answer of a model")).to_be_visible()
    expect(page.get_by_text("The record says")).to_have_count(0)
    expect(page.locator(".chip").first).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text(re.compile("^read: "))).to_be_visible()


def test_a_note_is_only_ever_text(clinic, enter):
    page = enter(clinic.key("careful", "clinician"), at="/cases")
    rows = page.get_by_role("button", name=re.compile("held for review"))
    rows.first.wait_for()
    shown = []
    for index in range(rows.count()):
        rows.nth(index).click()
        shown.append(page.get_by_label("The de-identified note").inner_text())
    assert any("<script>alert(1)</script>" in text for text in shown)
    assert page.locator("img[onerror]").count() == 0
    assert page.title() == "Cases · Rounds"


def test_the_curve_of_a_training_moves_as_its_worker_tells(clinic, enter):
    page = enter(at=f"/training/{clinic.world.running}")
    figure = page.get_by_test_id("last-loss")
    expect(figure).to_be_visible()
    with clinic.sessions.begin() as session:
        add_point(session, clinic.world.running, POINTS + 1, clinic.settings.clock())
    expect(figure).to_have_text("0.05", timeout=2_000)
    expect(page.get_by_text(f"step {POINTS + 1} (n {POINTS + 1})").first).to_be_visible()


def test_a_training_is_started_and_one_is_cancelled(clinic, enter):
    page = enter(clinic.key("engineer", "operator"), at="/training")
    page.get_by_role("button", name="Start a training").click()
    form = page.get_by_role("form", name="Start a training")
    form.get_by_label("Recipe").fill("epochs=1")
    form.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("training of diagnosis is queued")).to_be_visible()
    page.goto(f"/training/{clinic.world.queued}")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the training").click()
    expect(page.locator("h1 + .state")).to_have_text("cancelled")


def test_why_a_training_failed_stands_on_top(clinic, enter):
    page = enter(at=f"/training/{clinic.world.failed}")
    expect(page.get_by_role("alert")).to_contain_text("a smaller batch fits")


def test_an_alert_is_acknowledged(clinic, enter):
    page = enter(clinic.key("oncall", "operator"), at="/alerts")
    page.get_by_role("button", name="Acknowledge: diagnosis-9 was rolled back").click()
    expect(page.get_by_text("acknowledged by key:oncall")).to_be_visible()
    with clinic.sessions() as session:
        assert session.get(Alert, clinic.world.alert).acknowledged_by == "key:oncall"


def test_a_schedule_is_moved_and_a_line_that_never_comes_is_refused(clinic, enter):
    page = enter(at="/schedules")
    card = page.get_by_role("region", name="training of diagnosis")
    card.get_by_label("When").fill("0 0 30 2 *")
    card.get_by_role("button", name="Move").click()
    expect(card.get_by_role("alert")).to_contain_text("never comes")
    card.get_by_label("When").fill("30 3 * * 1")
    card.get_by_role("button", name="Move").click()
    expect(card.get_by_label("When")).to_have_value("30 3 * * 1")
    expect(card.get_by_role("alert")).to_have_count(0)


def test_the_time_machine_says_what_was_live_before_the_comparison(clinic, enter):
    page = enter(at="/audit")
    live = page.get_by_role("list", name="What was live")
    expect(live).to_contain_text(clinic.world.challenger)
    for _ in range(4):
        page.get_by_role("button", name="A day back").click()
    expect(live).to_contain_text("No other version answered anybody")
    expect(live).to_contain_text(clinic.world.champion)
    assert "at=" in page.url


@pytest.fixture
def challenged(clinic):
    """The challenger is in service when the test begins; the roll back is the last that happens to it."""
    with clinic.sessions() as session:
        assert models.by_name(session, clinic.world.challenger).state.value.startswith("canary")


def test_a_ramp_is_held_and_taken_further_by_two_people(clinic, enter, challenged):
    page = enter(clinic.key("maker", "operator"), at="/experiment")
    page.get_by_role("button", name="Hold the ramp").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("a ward moves house")
    dialog.get_by_role("button", name="Hold the ramp").click()
    expect(page.get_by_text(re.compile("by key:maker .*a ward moves house"))).to_be_visible()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Let the ramp go on").click()
    dialog.get_by_label("Why").fill("it has moved")
    dialog.get_by_role("button", name="Let the ramp go on").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Promote").click()
    expect(dialog).to_contain_text("when a second person agrees")
    dialog.get_by_label("Why").fill("the other hospital has it")
    dialog.get_by_label(re.compile("^Type")).fill(clinic.world.challenger)
    dialog.get_by_role("button", name="Promote").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text(re.compile("key:maker asked for the next step"))).to_be_visible()
    expect(page.get_by_role("button", name="Promote")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Sign out").click()
    enter(clinic.key("checker", "approver"), at=f"/letters/{clinic.world.challenger}")
    asked = page.locator(".acts").filter(has_text="the other hospital has it")
    asked.get_by_role("button", name="Refuse").click()
    expect(dialog).to_contain_text("It stays at its share")
    dialog.get_by_label("Why").fill("not on hearsay")
    dialog.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("Your word is kept: refused")).to_be_visible()
    with clinic.sessions() as session:
        version = models.by_name(session, clinic.world.challenger)
        assert (steering.asked(session, version).state, steering.is_held(session, version)) == (
            "refused",
            False,
        )


def test_a_canary_is_watched_and_rolled_back_by_typing_its_name(clinic, enter, challenged):
    page = enter(clinic.key("lead", "clinician"), at="/experiment")
    expect(page.get_by_text("Would it be rolled back now?")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("rolled back below -2"))).to_be_visible()
    expect(page.get_by_role("button", name="Promote")).to_have_attribute("aria-disabled", "true")  # his role
    page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Roll back now")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("Why").fill("patients of one ward are answered wrongly")
    dialog.get_by_label(re.compile("^Type")).fill(clinic.world.challenger)
    confirm.click()
    expect(page.get_by_text("concluded").first).to_be_visible()
    with clinic.sessions() as session:
        assert models.by_name(session, clinic.world.challenger).state is VersionState.ROLLED_BACK
