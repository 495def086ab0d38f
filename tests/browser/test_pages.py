"""Every page in every palette and width: no finding of axe, no complaint of the browser, nothing sideways."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

AXE = (Path(__file__).parents[2] / "dashboard/node_modules/axe-core/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS, ALL_WIDTHS = (320, 1920), (320, 768, 1280, 1920)
PAGES = {
    "overview": "/",
    "cases": "/cases",
    "datasets": "/datasets",
    "training": "/training",
    "job": "/training/{running}",
    "failed": "/training/{failed}",
    "case": "/cases/{case}",
    "runs": "/training?compare={running},{failed}",
    "models": "/models",
    "version": "/models/{challenger}",
    "experiment": "/experiment",
    "letter": "/letters/{challenger}",
    "alerts": "/alerts",
    "schedules": "/schedules",
    "policy": "/policy",
    "audit": "/audit",
}
SHORT = ("overview", "cases", "runs", "models", "experiment", "alerts")


def findings(page: Page) -> list[str]:
    """What axe finds, each with its element; run as a debugger, whom no policy of the page binds."""
    page.evaluate(AXE)
    run = f"axe.run(document, {{runOnly: {json.dumps(TAGS)}, resultTypes: ['violations']}})"
    found = page.evaluate(f"{run}.then((result) => result.violations)")
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def settled(page: Page) -> None:
    """Everything that the page asked for is there."""
    expect(page.locator("main h1").first).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)
    expect(page.get_by_text("Loading")).to_have_count(0)


def seen(page: Page, *, every: bool) -> list[str]:
    """What axe and the window find in each palette and width."""
    found = []
    for palette in ("light", "dark") if every else ("light",):
        page.emulate_media(color_scheme=palette, reduced_motion="reduce")
        for width in ALL_WIDTHS if every else WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [f"{palette} {width}: {one}" for one in findings(page)]
            found += [f"{palette} {width}: {wide} px too wide"] if wide > 0 else []
    return found


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_no_page_has_a_finding_in_any_palette_and_width(clinic, enter, every, palette):
    page = enter()
    page.emulate_media(color_scheme=palette, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for name in PAGES if every else SHORT:
        page.goto(PAGES[name].format(**vars(clinic.world)))
        settled(page)
        for width in ALL_WIDTHS if every else WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            told = findings(page) + ([f"{wide} px wider than the window"] if wide > 0 else [])
            found |= {f"{name} {width}": told} if told else {}
    assert not found, json.dumps(found, indent=1)


def test_the_pages_bring_at_most_250_kilobytes(clinic, page):
    """As a browser loads it the first time, compressed, before anybody signs in and on the overview."""
    bytes_of: list[int] = []
    page.on("response", lambda answer: bytes_of.append(int(answer.headers.get("content-length", 0))))
    page.goto("/")
    page.get_by_label("Key").fill(clinic.owner)
    page.get_by_role("button", name="Sign in").click()
    settled(page)
    assert 50_000 < sum(bytes_of) <= 250_000


def test_sign_in_has_no_finding(page):
    page.goto("/")
    expect(page.get_by_label("Key")).to_be_visible()
    assert not findings(page)


def test_a_page_is_walked_by_keyboard_and_says_where_it_is(enter):
    page = enter()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Models").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    assert page.title() == "Models · Rounds"
