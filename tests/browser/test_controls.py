"""What people steer: a cause kept quiet, a mask over its picture, trainings compared, a policy by two."""

import re

from playwright.sync_api import expect
from sqlalchemy import select

from shared.registry import policies, silences
from shared.registry.tables import Delivery, SecondRead
from tests.waiting import until


def test_a_mask_lies_over_its_picture_and_is_made_fainter_by_a_key(clinic, enter):
    page = enter(clinic.key("drawer", "clinician"), at=f"/cases/{clinic.world.case}")
    picture, mask = (
        page.get_by_role("img", name=name) for name in ("What this case shows", "What was outlined")
    )
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 128
    assert mask.evaluate("(image) => image.decode().then(() => image.naturalHeight)") == 96
    expect(mask).to_have_css("opacity", "0.6")
    page.keyboard.press("[")
    expect(mask).to_have_css("opacity", "0.4")
    page.get_by_role("button", name="Hide the mask").click()
    expect(mask).to_have_css("opacity", "0")


def test_a_second_reader_sees_no_label_and_a_third_decides_between_two(clinic, enter):
    page = enter(clinic.key("third", "clinician"), at="/cases")
    page.get_by_role("button", name="two readers disagree").first.click()
    page.keyboard.press("1")
    expect(page.get_by_text(re.compile("^adjudicate: "))).to_be_visible()
    page.get_by_role("button", name="Send now").click()
    with clinic.sessions() as session:
        settled = select(SecondRead).where(SecondRead.settled_at.is_not(None))
        until(lambda: session.scalars(settled).first())
    page.get_by_role("button", name="second reading").first.click()
    expect(page.get_by_text("no answer of a model")).to_be_visible()
    expect(page.get_by_text("The record says")).to_have_count(0)
    expect(page.get_by_role("region", name="First and second readers")).to_contain_text("all diagnoses")


def test_a_cause_is_silenced_with_a_reason_and_loud_again(clinic, enter):
    page = enter(clinic.key("night", "operator"), at="/alerts")
    cause = page.get_by_role("region", name="disk (2)")
    cause.get_by_role("button", name="Silence disk").click()
    confirm = cause.get_by_role("button", name="Tell nobody of it")
    expect(confirm).to_have_attribute("aria-disabled", "true")
    cause.get_by_label("Why").fill("a larger one comes tomorrow")
    confirm.click()
    expect(cause.get_by_text("silent until")).to_be_visible()
    with clinic.sessions() as session:
        [row] = silences.standing(session, clinic.settings.clock(), ["disk"])
    assert (row.by, row.reason) == ("key:night", "a larger one comes tomorrow")
    cause.get_by_role("button", name="End the silence of disk").click()
    expect(cause.get_by_role("button", name="Silence disk")).to_be_visible()


def test_a_test_alert_shows_what_became_of_it(clinic, enter):
    page = enter(clinic.key("tester", "operator"), at="/alerts")
    page.get_by_role("button", name="Send a test alert").click()
    receipts = page.get_by_role("list", name="Receipts: Rounds: this is a test")
    expect(receipts).to_contain_text("waiting")
    with clinic.sessions.begin() as session:
        row = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        row.state, row.error, row.attempts = "failed", "no_address", 1
    page.reload()
    expect(receipts).to_contain_text("no address is configured")


def test_trainings_are_compared_curve_by_curve(clinic, enter):
    page = enter(at="/training")
    for job in (clinic.world.running, clinic.world.failed):
        page.get_by_role("checkbox", name=f"Compare {str(job)[-8:]}").check()
    page.get_by_role("link", name="Compare these 2").click()
    expect(page.get_by_role("heading", name="2 trainings side by side")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^loss by step"))).to_be_visible()
    expect(page.get_by_role("region", name="What they were told")).to_contain_text("base model")


def test_the_letter_names_the_changed_answers_and_holds_the_only_button(clinic, enter):
    page = enter(clinic.key("second", "approver"), at="/models")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("link", name=re.compile("Read the update letter")).click()
    expect(page.get_by_text(re.compile("wrong that .* got right"))).to_be_visible()
    expect(page.get_by_role("region", name="By group")).to_contain_text("site: north")
    expect(page.get_by_role("region", name="Changed answers")).to_contain_text("is right")
    expect(page.get_by_role("button", name="Approve")).to_be_visible()


def test_a_policy_is_proposed_by_one_person_and_approved_by_another(clinic, enter):
    page = enter(clinic.key("asker", "operator"), at="/policy")
    page.get_by_label("Threshold").select_option("settle_days")
    page.get_by_label("Instead of 14").fill("21")
    page.get_by_role("button", name="Propose").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("seasons matter here")
    dialog.get_by_role("button", name="Propose").click()
    waiting = page.get_by_text("settle days: 14 → 21")
    expect(waiting.first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    enter(clinic.key("other", "approver"), at="/policy")
    page.get_by_role("button", name="Approve").click()
    dialog.get_by_label("Why").fill("agreed")
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("region", name=re.compile("^In force"))).to_contain_text("21")
    with clinic.sessions() as session:
        assert policies.current(session)[1].settle_days == 21


def test_a_letter_on_paper_is_the_letter_alone(clinic, enter):
    page = enter(at=f"/letters/{clinic.world.challenger}")
    expect(page.get_by_role("region", name="Changed answers")).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("heading", name="Update letter")).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
