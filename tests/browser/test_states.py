"""What a page says when there is nothing, when it may not be seen, when it is gone, when a session ends."""

import json

from playwright.sync_api import expect

from shared.registry import keys
from tests.browser.test_pages import PAGES, findings, seen, settled


def test_every_page_of_an_empty_clinic_says_what_to_do(empty_clinic, chromium, every):
    context = chromium.new_context(base_url=empty_clinic.url)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Key").fill(empty_clinic.owner)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Three steps to a first case")).to_be_visible()
    sentences = {
        "overview": "Three steps to a first case",
        "cases": "Nothing waits for a clinician",
        "datasets": "Nothing is sealed yet",
        "training": "Nothing was trained yet",
        "models": "No version exists yet",
        "experiment": "When a version passes its gate",
        "alerts": "No alert is in this state",
        "schedules": "Nothing runs by itself yet",
        "policy": "In force",
        "audit": "Nothing answered patients at",
    }
    found: dict[str, list[str]] = {}
    for name, sentence in sentences.items():
        page.goto(PAGES[name])
        expect(page.get_by_text(sentence).first).to_be_visible()
        told = seen(page, every=every)
        found |= {name: told} if told else {}
    context.close()
    assert not found, json.dumps(found, indent=1)


def test_a_page_that_may_not_be_seen_says_who_may(clinic, enter):
    page = enter(clinic.key("only-numbers", "viewer"), at="/audit")
    expect(page.get_by_role("heading", name="Your roles do not allow this").first).to_be_visible()
    expect(page.get_by_text("it needs one of the roles admin, approver").first).to_be_visible()
    page.goto("/cases")
    expect(page.get_by_text("Reading what waits is for clinicians")).to_be_visible()
    assert not findings(page)


def test_what_is_not_there_is_said_and_can_be_asked_again(clinic, enter):
    page = enter(at="/training/00000000-0000-0000-0000-000000000000")
    expect(page.get_by_role("heading", name="There is no such record")).to_be_visible()
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()
    page.goto("/models/diagnosis-999")
    expect(page.get_by_text("There is no version diagnosis-999")).to_be_visible()


def test_a_key_that_is_revoked_ends_the_session_on_the_page(clinic, enter):
    page = enter(clinic.key("leaver", "viewer"))
    with clinic.sessions.begin() as session:
        keys.revoke(session, "leaver", now=clinic.settings.clock())
    page.wait_for_timeout(2_100)  # a key is looked up at most every two seconds
    ended = page.get_by_text("Your session has ended")
    page.get_by_role("link", name="Datasets").or_(ended).first.click()  # the page may have asked by itself
    expect(ended).to_be_visible()
    expect(page.get_by_label("Key")).to_be_visible()


def test_cases_works_with_every_worker_and_the_broker_stopped(clinic, enter):
    """The site of these tests has no broker and no worker at all."""
    page = enter(clinic.key("alone", "clinician"), at="/cases")
    settled(page)
    expect(page.get_by_label("The de-identified note").or_(page.get_by_text("means")).first).to_be_visible()
    expect(page.get_by_role("heading", name="waiting")).to_be_visible()
