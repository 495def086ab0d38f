"""The cycle as data and the code that turns it name the same things."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from shared.config import PREFIX, Settings
from shared.domain.cycle import MOVES, STAGES, ended

ROOT = Path(__file__).parents[2]
TASK_FILES = sorted(ROOT.glob("*/tasks.py"))
TASK_STATEMENTS = 5
NAMED = re.compile(rf"\b{PREFIX}[A-Z0-9]+(?:_[A-Z0-9]+)*\b")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_stage_is_a_module_that_says_so(stage):
    module = importlib.import_module(stage.module)
    assert (module.__doc__ or "").startswith(f"Stage: {stage.name}.")


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: path.parent.name)
def test_a_task_parses_its_id_calls_the_stage_and_returns(path):
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    tasks = [function for function in functions if function.decorator_list]
    assert tasks, f"{path} registers no task"
    for task in tasks:
        body = task.body[1:] if ast.get_docstring(task) else task.body
        assert len(body) <= TASK_STATEMENTS, f"{task.name} has {len(body)} statements"
        assert len(task.args.args) == 1, f"{task.name} takes more than one id"


def test_every_service_that_works_has_tasks():
    services = {path.parent.name for path in TASK_FILES}
    assert services == {"worker_collection", "worker_training", "deployer_service"}


@pytest.mark.parametrize("states", MOVES, ids=lambda states: states.__name__)
def test_every_state_is_reached_and_leads_on_or_ends(states):
    reached = {state for targets in MOVES[states].values() for state in targets}
    first = next(iter(states))
    assert set(states) - reached <= {first}
    assert any(ended(state) for state in states) or states.__name__ == "AlertState"


def test_every_setting_is_documented_with_a_default():
    undocumented = [name for name, field in Settings.model_fields.items() if not field.description]
    required = [name for name, field in Settings.model_fields.items() if field.is_required()]
    assert not undocumented and not required


def test_every_variable_that_is_named_anywhere_is_a_setting():
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {f"{PREFIX}TEST_DATA"}
    for path in [*ROOT.glob("*/**/*.py"), *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        if {".venv", "tests"} & set(path.relative_to(ROOT).parts):
            continue
        unknown = set(NAMED.findall(path.read_text())) - known
        assert not unknown, f"{path.relative_to(ROOT)} names {unknown}"
