"""Pictures of every page for the documentation: `make pictures`, from the site of the browser tests."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, Clinic, own_site
from tests.browser.test_pages import PAGES, settled

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DARK_TOO = ("overview", "experiment")


def main() -> int:
    """Fill a site and take every page in the light palette, some in the dark one."""
    FOLDER.mkdir(exist_ok=True)
    with (
        own_site(Path(tempfile.mkdtemp(prefix="rounds-pictures-"))) as clinic,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for palette, names in (("light", tuple(PAGES)), ("dark", DARK_TOO)):
            _take(browser, clinic, palette, names=names)
    return 0


def _take(browser: Browser, clinic: Clinic, palette: str, *, names: tuple[str, ...]) -> None:
    context = browser.new_context(
        base_url=clinic.url, color_scheme=palette, viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto("/")
    page.get_by_label("Key").fill(clinic.owner)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    for name in names:
        page.goto(PAGES[name].format(**vars(clinic.world)))
        settled(page)
        page.wait_for_timeout(1_000)  # curves are drawn a frame after they are there
        page.screenshot(path=FOLDER / f"{name}-{palette}.png")
    context.close()


if __name__ == "__main__":
    sys.exit(main())
