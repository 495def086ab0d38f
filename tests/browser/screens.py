"""Pictures of every page for the documentation, from the demo's own clinic: `make pictures`.

`python -m tests.browser.screens [HOME]` plays `rounds demo` first, or takes the home folder that
`rounds demo --keep` left.
"""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from shared.config import environment, load_settings
from shared.domain.cycle import VersionState
from shared.embedded import remove_home
from shared.registry.session import make_sessions
from shared.registry.tables import ModelVersion
from tests.browser.conftest import CHROMIUM, FLAGS, Clinic
from tests.browser.test_pages import settled
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
PLACES = {
    "overview": "/",
    "cases": "/cases",
    "datasets": "/datasets",
    "training": "/training",
    "job": "/training/{job}",
    "models": "/models",
    "version": "/models/{version}",
    "experiment": "/experiment",
    "letter": "/letters/{version}",
    "alerts": "/alerts",
    "schedules": "/schedules",
    "policy": "/policy",
    "audit": "/audit",
}
WIDTH, TALLEST = 1280, 1400
DARK_TOO = ("overview", "experiment")


def main() -> int:
    """Play the demo unless its home is given, and take every page in the light palette, some in the dark."""
    home = Path(sys.argv[1]) if sys.argv[1:] else play()
    FOLDER.mkdir(exist_ok=True)
    try:
        with served(home) as clinic, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for palette, names in (("light", tuple(PLACES)), ("dark", DARK_TOO)):
                take(browser, clinic, palette, names=names)
    finally:
        if not sys.argv[1:]:
            remove_home(load_settings(home=home))
    return 0


def play() -> Path:
    """The home folder that a demo left."""
    command = [sys.executable, "-m", "rounds.main", "demo", "--keep"]
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = re.findall(r"the home folder stays: (\S+)", told)
    return Path(found[-1])


@contextmanager
def served(home: Path) -> Iterator[Clinic]:
    """The demo's whole stack again, at the time at which the demo ended."""
    base = free_ports(4)
    mail = "mailto://127.0.0.1:9/?from=rounds@clinic.example&to=lead@clinic.example&mode=insecure"
    settings = load_settings(home=home, clock_file=home / "clock", notify_urls=mail)
    command = [sys.executable, "-m", "rounds.main", "--home", str(home), "up", "--port-base", str(base)]
    process = subprocess.Popen(
        [*command, "--quiet", "--json"],
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit("the stack did not start: it says why above")
        told = json.loads(line)
        clinic = Clinic(told["api"], settings, make_sessions(settings), world=None)
        people = ("viewer", "clinician", "steward", "operator", "approver", "admin")
        clinic.owner = clinic.key(f"lead-{base}", *people)
        yield clinic
        clinic.sessions.kw["bind"].dispose()
    finally:
        process.terminate()
        process.wait(120)


def take(browser: Browser, clinic: Clinic, palette: str, *, names: tuple[str, ...]) -> None:
    """One picture a page."""
    page = entered(browser, clinic, palette)
    for name in names:
        page.goto(PLACES[name].format(**named(clinic)))
        settled(page)
        page.wait_for_timeout(1_000)  # curves are drawn a frame after they are there
        keep(page.screenshot(clip=clip(page), full_page=True), FOLDER / f"{name}-{palette}.png")
    page.context.close()


def keep(png: bytes, path: Path) -> None:
    """The picture in 256 colours, a third of its bytes."""
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256).save(path, optimize=True)


def clip(page: Page) -> dict[str, float]:
    """The page from its top, as much as fits a document."""
    height = page.evaluate("document.documentElement.scrollHeight")
    return {"x": 0, "y": 0, "width": WIDTH, "height": min(height, TALLEST)}


def entered(browser: Browser, clinic: Clinic, palette: str) -> Page:
    """A page of somebody who is signed in."""
    context = browser.new_context(
        base_url=clinic.url, color_scheme=palette, viewport={"width": WIDTH, "height": 800}
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto("/")
    page.get_by_label("Key").fill(clinic.owner)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    return page


def named(clinic: Clinic) -> dict[str, str]:
    """The newest version that ever answered a patient, and its training."""
    served = ModelVersion.state.in_((VersionState.LIVE, VersionState.STANDBY, VersionState.ROLLED_BACK))
    newest = select(ModelVersion).where(served).order_by(ModelVersion.number.desc())
    with clinic.sessions() as session:
        version = session.scalars(newest).first()
        assert version is not None
        return {"job": str(version.job_id), "version": version.name}


if __name__ == "__main__":
    sys.exit(main())
