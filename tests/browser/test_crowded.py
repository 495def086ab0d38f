"""A clinic with ten thousand of everything: each page still comes, stays small and obeys the keyboard."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.conftest import MODULES, serving
from tests.browser.test_pages import PAGES, findings, settled

ROWS = 10_000
ELEMENTS_MOST = 6_000  # of one page: a browser is slow beyond some tens of thousands
# What is written again for each row, beside its id; the rest is as in the row that is copied.
COPIED = {
    "validated_cases": ("state = 'needs_review'", {"source_record": "n", "content_hash": "n"}),
    "training_jobs": ("state = 'failed'", {}),
    "alerts": ("state = 'open'", {"dedup_key": "n"}),
    "dataset_versions": ("parent_id IS NOT NULL", {"name": "'diagnosis-data-' || n", "number": "n"}),
}


def crowd(session) -> None:
    """Ten thousand copies of one row of each table."""
    for table, (which, columns) in COPIED.items():
        fresh = "".join(f", '{name}', {value}" for name, value in columns.items())
        session.execute(
            text(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(picked.one, jsonb_build_object("  # noqa: S608
                f"'id', gen_random_uuid(){fresh}))).* FROM generate_series(100001, {100_000 + ROWS}) n, "
                f"(SELECT t AS one FROM {table} t WHERE {which} LIMIT 1) picked"
            )
        )


@pytest.fixture(scope="module")
def crowded(postgres_server, tmp_path_factory):
    home = tmp_path_factory.mktemp("browser") / "crowded"
    with serving(postgres_server, home, filled=True, modules=MODULES[:1]) as made:
        with made.sessions.begin() as session:
            crowd(session)
        yield made


def test_no_page_grows_with_its_rows_or_stops_answering_keys(crowded, chromium):
    context = chromium.new_context(base_url=crowded.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto("/")
    page.get_by_label("Key").fill(crowded.owner)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    found = {}
    for name in ("overview", "cases", "datasets", "training", "alerts", "audit"):
        page.goto(PAGES[name])
        settled(page)
        elements = page.evaluate("document.querySelectorAll('*').length")
        told = findings(page) + ([f"{elements} elements"] if elements > ELEMENTS_MOST else [])
        found |= {name: told} if told else {}
    assert not found
    page.goto(PAGES["cases"])
    settled(page)
    current = page.locator("[aria-current=true]")
    first = current.first.text_content()
    page.keyboard.press("j")
    expect(current.first).not_to_have_text(first)
    context.close()
