"""What the pages say is so: commands parse, routes exist, links lead somewhere, stages are the code's."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer._click import Context

from api_service.endpoint import API_BASE
from api_service.routes import ENDPOINTS
from rounds.main import app
from shared.domain.cycle import STAGES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TOUR = (ROOT / "docs" / "tour.md").read_text()
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", TOUR, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [
    part.strip() for line in SHELL.splitlines() for part in line.split("|") if "rounds --home" in part
]


@pytest.mark.parametrize("line", [re.sub(r"^.*?(?=rounds --home)", "", one) for one in COMMANDS])
def test_a_command_of_the_tour_is_one(line: str) -> None:
    _, *arguments = shlex.split(line, comments=True)
    command = typer.main.get_command(app)
    context = Context(command, info_name="rounds")
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name, arguments, parent=context)
        arguments = [*context._protected_args, *context.args]
        _, command, arguments = command.resolve_command(context, arguments)
    command.make_context(command.name, arguments, parent=context)


def test_the_tour_has_commands() -> None:
    assert len(COMMANDS) > 10


def test_a_route_of_the_tour_is_one() -> None:
    known = {re.sub(r"\{[^}]+\}|<[^>]+>", "*", endpoint.path) for endpoint in ENDPOINTS}
    called = re.findall(rf"{API_BASE}(/[^\s?\"']+)", SHELL)
    assert called
    for path in called:
        assert any(one.endswith(re.sub(r"\$\w+", "*", path)) for one in known), path


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
