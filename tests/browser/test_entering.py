"""Signing in, the frame of every page, and the overview of a clinic whose first version is live."""

from playwright.sync_api import expect


def test_a_wrong_key_is_told_and_the_right_one_opens_the_overview(page, clinic, enter):
    page.goto("/")
    page.get_by_label("Key").fill("rnd_wrong_key")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("unknown, revoked or expired")
    enter()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_role("region", name="In service")).to_contain_text(clinic.world.champion)
    assert page.evaluate("document.cookie") == ""


def test_the_overview_shows_the_cycle_with_its_counts(clinic, enter):
    page = enter()
    ring = page.get_by_role("region", name="Stations of the cycle")
    for station in ("collect", "de-identify", "check", "dataset", "train", "evaluate", "canary", "serve"):
        expect(ring.get_by_role("rowheader", name=station)).to_be_visible()
    expect(ring.get_by_role("row", name="serve")).to_contain_text(clinic.world.champion)


def test_leaving_forgets_the_key(enter):
    page = enter()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Key")).to_be_visible()


def test_what_the_roles_forbid_is_disabled_with_the_reason(clinic, enter):
    page = enter(clinic.key("looker", "viewer"))
    button = page.get_by_role("button", name="Pause automation")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("your roles (viewer) do not allow this").first).to_be_visible()
