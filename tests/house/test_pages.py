"""What the pages say is so: commands parse, routes exist, links lead somewhere, stages are the code's."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
import typer
from typer._click import Context

from api_service.endpoint import API_BASE
from api_service.routes import ENDPOINTS
from rounds import configuration_page
from rounds.main import app
from shared.domain.cycle import STAGES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TOUR = (ROOT / "docs" / "tour.md").read_text()
# A command stands at the start of its part of the line, or is a container's.
_ROUNDS = re.compile(r"^(?:\S*/)?rounds\s+(?=[a-z-])|python -m rounds\.main\s+")
_MAKE, _MODULE = re.compile(r"(?:^|`)make ([a-z-]+)"), re.compile(r"python -m ([a-z_]+(?:\.[a-z_]+)+)")


def blocks(text: str) -> str:
    """The shell blocks of a page, lines that go on joined."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")


def commands(text: str) -> list[str]:
    """Every command of ours in the shell blocks: its words after `rounds`."""
    parts = [part.strip() for line in blocks(text).splitlines() for part in re.split(r"[|;]|&&", line)]
    found = [(part, _ROUNDS.search(part)) for part in parts if not part.startswith("#")]
    return [part[match.end() :] for part, match in found if match]


SHELL = blocks(TOUR)
COMMANDS = [
    (path.relative_to(ROOT).as_posix(), line)
    for path in (*PAGES, *sorted(ROOT.glob("docs/examples/*.sh")))
    for line in commands(path.read_text() if path.suffix == ".md" else f"```sh\n{path.read_text()}```")
]


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_of_a_page_is_one(page: str, line: str) -> None:
    arguments = shlex.split(line, comments=True)
    command = typer.main.get_command(app)
    context = Context(command, info_name="rounds")
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name, arguments, parent=context)
        arguments = [*context._protected_args, *context.args]
        _, command, arguments = command.resolve_command(context, arguments)
    command.make_context(command.name, arguments, parent=context)


def test_the_pages_have_commands() -> None:
    pages = {page for page, _ in COMMANDS}
    assert {"docs/tour.md", "docs/operations.md", "docs/deployment.md", "docs/handover.md"} <= pages
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_makes_or_runs_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text()
    assert set(_MAKE.findall(text)) <= targets, page
    for module in _MODULE.findall(text):
        assert importlib.util.find_spec(module) is not None, module


def test_the_page_of_settings_is_the_code() -> None:
    """`python -m rounds.configuration_page > docs/configuration.md` makes it so."""
    assert (ROOT / "docs" / "configuration.md").read_text() == configuration_page.render()


def test_a_route_of_the_tour_is_one() -> None:
    known = {re.sub(r"\{[^}]+\}|<[^>]+>", "*", endpoint.path) for endpoint in ENDPOINTS}
    called = re.findall(rf"{API_BASE}(/[^\s?\"']+)", SHELL)
    assert called
    for path in called:
        assert any(one.endswith(re.sub(r"\$\w+", "*", path)) for one in known), path


def test_every_route_stands_on_the_page_of_the_api() -> None:
    page = re.sub(r"{\w+}", "*", (ROOT / "docs" / "api.md").read_text())
    said = set(re.findall(r"/[\w/*.-]+", page))
    routes = {re.sub(r"{\w+}", "*", endpoint.path) for endpoint in ENDPOINTS}
    assert {route for route in routes if not said & {route, route.removeprefix(API_BASE)}} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    for link in (link for link in links if "://" not in link):
        assert (page.parent / link).exists(), link


def test_the_table_of_stages_is_the_code() -> None:
    rows = re.findall(
        r"^\| ([\w-]+) \| `([\w.]+)` \|", (ROOT / "docs" / "cycle.md").read_text(), re.MULTILINE
    )
    assert rows == [(stage.name.replace("deidentify", "de-identify"), stage.module) for stage in STAGES]


def test_the_tree_of_the_readme_is_there() -> None:
    tree = (ROOT / "README.md").read_text().split("## The tree")[1].split("```")[1]
    folders = [line.split()[0] for line in tree.strip().splitlines()]
    for folder in folders:
        parent, _, names = folder.rstrip("/").rpartition("/")
        for name in names.split("|"):
            assert (ROOT / parent / name).is_dir(), f"{parent}/{name}"


def test_every_dependency_says_what_it_saves() -> None:
    page = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
    said = {
        name.strip() for row in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE) for name in row.split(",")
    }
    for file in ("runtime.in", "dev.in"):
        for line in (ROOT / "requirements" / file).read_text().splitlines():
            if line and not line.startswith("#"):
                name = re.split(r"[=<>~]", line)[0]
                assert name in said, name
