"""How fast the pages are in a real Chromium: first view, acts, the way of an event, a long curve, bytes.

The site is a real API and stream on a real Postgres with the records of the browser tests; the slow machine
is Chromium's own throttling of its CPU to a quarter. Browser, API and database share this machine's cores.
"""

import json
import platform
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.orm import Session

from shared.domain.cycle import JobState
from shared.registry import events
from shared.registry.tables import JobMetric
from tests.browser.conftest import CHROMIUM, FLAGS, Clinic, own_site
from tests.browser.world import add_point
from tests.factories import a_job

RESULTS = Path(__file__).parent / "results"
SLOWER, FIRST_VIEWS, ACTS, EVENTS, POINTS, UPDATES = 4, 9, 40, 100, 50_000, 50
FENCE = 900_001
# How long the page takes from a key to the next picture: what a person feels.
ACT = """
(key) => new Promise((done) => {
  const begun = performance.now();
  window.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})
"""
WATCH = """
(text) => new Promise((done) => {
  const look = () => document.body.innerText.includes(text) ? done(Date.now()) : setTimeout(look, 5);
  look();
})
"""
# When the overview's figures are on the screen, from the start of the navigation.
SEEN = """
new MutationObserver((_, watch) => {
  if (!document.querySelector('[aria-label="Stations of the cycle"]')) return;
  watch.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
PAINTED = """
() => new Promise((done) => {
  const look = () => window.painted ? done(window.painted) : setTimeout(look, 5);
  look();
})
"""
FRAMES = """
(seconds) => new Promise((done) => {
  const begun = performance.now(), frames = [];
  const next = (now) => {
    frames.push(now);
    now - begun < 1000 * seconds ? requestAnimationFrame(next) : done(frames.length / ((now - begun) / 1000));
  };
  requestAnimationFrame(next);
})
"""


def share_of(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def entered(page: Page, clinic: Clinic) -> None:
    """Sign in."""
    page.goto(clinic.url)
    page.get_by_label("Key").fill(clinic.owner)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()


def slowed(page: Page) -> None:
    """Let this page have a quarter of the CPU."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def first_views(browser: Browser, page: Page, clinic: Clinic) -> list[float]:
    """Seconds from the address to the overview with its figures painted, by a browser that holds nothing."""
    known = page.context.storage_state()
    took = []
    for _ in range(FIRST_VIEWS):
        context = browser.new_context(storage_state=known, viewport={"width": 1280, "height": 900})
        fresh = context.new_page()
        fresh.add_init_script(SEEN)
        slowed(fresh)
        fresh.goto(clinic.url, wait_until="commit")
        took.append(fresh.evaluate(PAINTED) / 1000)
        context.close()
    return took


def acts(page: Page, clinic: Clinic) -> list[float]:
    """Milliseconds of moving through the worklist by keyboard, on the slowed machine."""
    page.goto(f"{clinic.url}/cases")
    page.get_by_label("The de-identified note").wait_for()
    return [page.evaluate(ACT, "j" if number % 10 < 8 else "k") for number in range(ACTS)]


def ways(page: Page, clinic: Clinic) -> list[float]:
    """Seconds from the commit of a training's step to its figure on the screen."""
    page.goto(f"{clinic.url}/training/{clinic.world.running}")
    page.get_by_test_id("last-loss").wait_for()
    took = []
    for number in range(EVENTS):
        step = 1000 + number
        with clinic.sessions.begin() as session:
            add_point(session, clinic.world.running, step, clinic.settings.clock())
        begun = time.time()
        took.append(page.evaluate(WATCH, f"at step {step} ") / 1000 - begun)
    return took


def long_curve(page: Page, clinic: Clinic) -> float:
    """Frames a second while a curve of 50,000 points grows ten times a second."""
    with clinic.sessions.begin() as session:
        job_id = a_long_job(session, clinic)
    page.goto(f"{clinic.url}/training/{job_id}")
    page.get_by_test_id("last-loss").wait_for(timeout=60_000)
    page.evaluate(f"() => {{ window.measured = ({FRAMES})({UPDATES / 10}); }}")
    for number in range(UPDATES):
        with clinic.sessions.begin() as session:
            now = clinic.settings.clock()
            data = {"step": POINTS + number, "progress": 0.5, "loss": 0.1}
            events.emit(session, kind="training_jobs.progress", subject=job_id, at=now, data=data)
        time.sleep(0.1)
    return float(page.evaluate("() => window.measured"))


def a_long_job(session: Session, clinic: Clinic) -> Any:
    """A training with a figure at each of many steps."""
    begun = clinic.settings.clock() - timedelta(hours=1)
    job = a_job(session, state=JobState.RUNNING, created_at=begun, start_time=begun)
    rows = [
        {"job_id": job.id, "fence": FENCE, "step": step, "at": begun, "values": {"loss": 1 / (1 + step)}}
        for step in range(POINTS)
    ]
    session.execute(JobMetric.__table__.insert(), rows)
    return job.id


def load_bytes(page: Page, clinic: Clinic) -> int:
    """What a browser that was never here loads until it sees the overview, as it comes over the wire."""
    found: list[int] = []
    page.on("response", lambda answer: found.append(int(answer.headers.get("content-length", 0))))
    entered(page, clinic)
    page.get_by_role("region", name="Stations of the cycle").wait_for()
    return sum(found)


def measured(clinic: Clinic) -> list[dict[str, Any]]:
    """Every figure with its goal."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        loaded = load_bytes(page, clinic)
        way = ways(page, clinic)
        frames = long_curve(page, clinic)
        views = first_views(browser, page, clinic)
        slowed(page)
        moved = acts(page, clinic)
        browser.close()
    rows = [
        ("first load, compressed", loaded / 1000, "kB", 250, loaded <= 250_000),
        (f"first view, CPU slowed {SLOWER} times", share_of(views, 0.5), "s", 1.0, share_of(views, 0.5) <= 1),
        (
            "a key in the worklist, p95, CPU slowed",
            share_of(moved, 0.95),
            "ms",
            100,
            share_of(moved, 0.95) <= 100,
        ),
        ("a step's way to the screen, p50", share_of(way, 0.5), "s", 1.0, share_of(way, 0.5) <= 1),
        ("a step's way to the screen, p99", share_of(way, 0.99), "s", 1.0, share_of(way, 0.99) <= 1),
        (f"frames while a curve of {POINTS} grows", frames, "frames/s", 50, frames >= 50),
    ]
    names = ("key", "value", "unit", "goal", "met")
    return [dict(zip(names, row, strict=True)) for row in rows]


def main() -> int:
    """Measure, show and keep."""
    with own_site(Path(tempfile.mkdtemp(prefix="rounds-bench-"))) as clinic:
        figures = measured(clinic)
    for one in figures:
        print(f"{one['key']:<44} {one['value']:>10.4g} {one['unit']:<9} goal {one['goal']:<6} {one['met']}")
    RESULTS.mkdir(exist_ok=True)
    told = {"name": "dashboard", "machine": platform.platform(), "figures": figures}
    (RESULTS / "dashboard.json").write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
