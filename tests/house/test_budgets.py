"""Rules about how the code is written that no linter knows."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rounds", "shared", "api_service", "worker_collection", "worker_training", "deployer_service")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

FILE_LINES, FUNCTION_LINES, NESTING, TASK_STATEMENTS = 300, 40, 3, 5
BANNED = {"manager", "helper", "helpers", "util", "utils", "handler", "processor", "enhanced"} | {
    "new", "old", "v2", "final", "phase",
}  # fmt: skip
# These say what is on the wire, whose names callers fix.
ON_THE_WIRE = {"api_service/show", "api_service/parse", "api_service/show.py", "api_service/parse.py"}
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Every node of a file, which is parsed once for all rules."""
    return list(ast.walk(ast.parse(path.read_text())))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in nodes(path) if isinstance(node, FUNCTIONS)]


def own_lines(node: ast.AST) -> int:
    """Lines of a function without its docstring, which may be as long as it needs."""
    first = node.body[0]
    is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    doc = first.end_lineno - first.lineno + 1 if is_doc else 0
    return node.end_lineno - node.lineno + 1 - doc


def depth(node: ast.AST, *, is_elif: bool = False) -> int:
    """How deep blocks stand in each other; `elif` is beside its `if`, a nested function begins at none."""
    deepest = 0
    for field, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for child in children:
            if not isinstance(child, ast.AST) or isinstance(child, FUNCTIONS):
                continue
            chained = isinstance(node, ast.If) and field == "orelse" and len(children) == 1
            deepest = max(deepest, depth(child, is_elif=chained and isinstance(child, ast.If)))
    return deepest + (isinstance(node, BLOCKS) and not is_elif)


def words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+\d*|[A-Z]+(?![a-z])\d*", name)}


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_files_and_functions_keep_their_budget(path):
    too_long = len(path.read_text().splitlines())
    assert too_long <= FILE_LINES, f"{shown(path)} has {too_long} lines"
    for function in functions(path):
        lines = own_lines(function)
        assert lines <= FUNCTION_LINES, f"{function.name} has {lines} lines"
        deep = max((depth(child) for child in function.body), default=0)
        assert deep <= NESTING, f"{function.name} nests {deep} deep"


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_no_name_says_nothing(path):
    if any(shown(path).startswith(place) for place in ON_THE_WIRE):
        pytest.skip("names on the wire")
    named = [node.name for node in nodes(path) if isinstance(node, (*FUNCTIONS, ast.ClassDef))]
    said = {
        name: words(name.replace("new_cases", "cases")) for name in (path.stem, *named)
    }  # a policy's term
    found = {name: words & BANNED for name, words in said.items() if words & BANNED}
    assert not found, f"{shown(path)}: {found}"


@pytest.mark.parametrize("path", TESTS, ids=shown)
def test_every_test_file_collects_a_test(path):
    names = [function.name for function in functions(path)]
    assert any(name.startswith("test_") for name in names), f"{shown(path)} tests nothing"


@pytest.mark.parametrize("path", TESTS, ids=shown)
def test_no_test_mocks(path):
    text = path.read_text()
    for word in ("unittest.mock", "MagicMock", "mocker"):
        assert word not in text or path == Path(__file__), f"{shown(path)} uses {word}"


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_only_the_settings_read_the_environment(path):
    if shown(path) == "shared/config.py":
        pytest.skip("the one place")
    written = {
        id(node.value)
        for node in nodes(path)
        if (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Attribute) and node.attr == "update")
    }  # what a library must find there at its import is written, not read
    for node in nodes(path):
        is_read = (
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and id(node) not in written
        )
        assert not is_read, f"{shown(path)}:{node.lineno} reads the environment"


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_nothing_unpickles(path):
    for node in nodes(path):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not {"pickle", "dill", "joblib", "shelve"} & set(names), f"{shown(path)} imports {names}"
        is_load = isinstance(node, ast.Attribute) and node.attr == "load" and isinstance(node.value, ast.Name)
        assert not (is_load and node.value.id == "torch"), f"{shown(path)}:{node.lineno} calls torch.load"


def test_the_rules_see_what_they_should():
    deep = ast.parse("def f():\n  if a:\n    for b in c:\n      with d:\n        while e: pass").body[0]
    assert max(depth(child) for child in deep.body) == 4
    chain = ast.parse("def f():\n  if a: pass\n  elif b: pass\n  elif c: pass\n  elif d: pass").body[0]
    assert max(depth(child) for child in chain.body) == 1
    assert words("NewCaseHandler") == {"new", "case", "handler"}
    assert words("renewal_of_v2") == {"renewal", "of", "v2"}
    assert not words("threshold_renewed") & BANNED
