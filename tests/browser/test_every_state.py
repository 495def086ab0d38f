"""Each page while it waits, when the API fails, refuses or is gone, and when only a part of it answers."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.test_pages import PAGES, findings, seen

API = "**/api/phase-7/**"
STARTS = ("/session", "/dashboard/start", "/health")  # who is signed in is known in every state
# The first answer brings the overview and the alerts along: they are there whatever comes later.
ASKING = [name for name in PAGES if name not in {"overview", "alerts"}]
SHORT = ("letter",)
Answer = Callable[[Route], None]


def problem(status: int) -> Answer:
    """The API's own form of a failure."""
    told = {"detail": "this part is tried out", "code": "tried", "request_id": "r", "status": status}
    return lambda route: route.fulfill(status=status, json=told)


def held(route: Route) -> None:
    """An answer that never comes; the page is left before it does."""


STATES: dict[str, tuple[Answer, str]] = {
    "loading": (held, "Loading"),
    "error": (problem(500), "This part could not be read"),
    "no permission": (problem(403), "Your roles do not allow this"),
    "offline": (lambda route: route.abort(), "The site does not answer"),
}


def asked(route: Route) -> str:
    return route.request.url.split("/api/phase-7", 1)[1].split("?")[0]


def only(answer: Answer) -> Answer:
    """Everything is answered so but who is signed in."""
    return lambda route: route.continue_() if asked(route).startswith(STARTS) else answer(route)


def first_alone() -> Answer:
    """The first address that a page asks is answered, every other one fails."""
    first: list[str] = []

    def partly(route: Route) -> None:
        path = asked(route)
        if not path.startswith(STARTS) and not first:
            first.append(path)
        route.continue_() if path in first or path.startswith(STARTS) else problem(500)(route)

    return partly


@pytest.mark.parametrize("state", STATES)
def test_a_page_says_what_is_the_matter(clinic, enter, every, state):
    page = enter(at="/policy")
    answer, sentence = STATES[state]
    found = {}
    for name in ASKING if every else SHORT:
        page.route(API, only(answer))
        page.goto(PAGES[name].format(**vars(clinic.world)))
        expect(page.locator("main h1").first).to_be_visible()
        expect(page.get_by_text(sentence).first).to_be_attached()
        told = seen(page, every=every)
        page.unroute_all(behavior="ignoreErrors")
        found |= {name: told} if told else {}
    assert not found, json.dumps(found, indent=1)


def test_a_page_of_which_only_a_part_answers_shows_that_part(clinic, enter, every):
    page = enter(at="/policy")
    for name in ASKING if every else SHORT:
        page.route(API, first_alone())
        page.goto(PAGES[name].format(**vars(clinic.world)))
        expect(page.locator("main").locator("h1, h2").first).to_be_visible()
        page.wait_for_timeout(1_500 if every else 500)
        assert not findings(page), name
        page.unroute_all(behavior="ignoreErrors")
