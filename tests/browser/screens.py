"""Pictures of every page for the documentation: `make pictures` plays the demo until a challenger answers.

The clinic is the sample clinic of `make demo`; nobody in it exists.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from rounds.demo_stack import DemoStack
from rounds.demo_story import Story
from rounds.demo_tell import Teller
from tests.browser.conftest import CHROMIUM, FLAGS

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PAGES = ("overview", "cases", "datasets", "training", "models", "experiment", "alerts", "schedules", "audit")


def main() -> int:
    """Play until a challenger answers patients, then take a picture of every page in both palettes."""
    FOLDER.mkdir(exist_ok=True)
    with DemoStack(port_base=None, keep=False, teller=Teller()) as stack, sync_playwright() as playwright:
        Story(stack, Teller(), seed=5).until_canary()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for palette in ("light", "dark"):
            context = browser.new_context(
                base_url=stack.api, color_scheme=palette, viewport={"width": 1280, "height": 800}
            )
            page = context.new_page()
            page.goto("/")
            page.get_by_label("Key").fill(stack.key)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("navigation", name="Pages").wait_for()
            for name in PAGES:
                _take(page, name, palette)
    return 0


def _take(page: Page, name: str, palette: str) -> None:
    page.get_by_role("link", name=name.capitalize(), exact=True).click()
    page.locator("main h1").first.wait_for()
    page.wait_for_timeout(1500)  # a picture of what has come to rest
    page.screenshot(path=FOLDER / f"{name}-{palette}.png")


if __name__ == "__main__":
    sys.exit(main())
