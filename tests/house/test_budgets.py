"""Rules about how the code is written that no linter knows."""

import ast
import re
from collections.abc import Iterator
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


def over_budget(path: Path) -> Iterator[str]:
    too_long = len(path.read_text().splitlines())
    if too_long > FILE_LINES:
        yield f"has {too_long} lines"
    for function in functions(path):
        lines, deep = own_lines(function), max((depth(child) for child in function.body), default=0)
        if lines > FUNCTION_LINES:
            yield f"{function.name} has {lines} lines"
        if deep > NESTING:
            yield f"{function.name} nests {deep} deep"


def saying_nothing(path: Path) -> Iterator[str]:
    if any(shown(path).startswith(place) for place in ON_THE_WIRE):
        return
    named = [node.name for node in nodes(path) if isinstance(node, (*FUNCTIONS, ast.ClassDef))]
    for name in (path.stem, *named):
        found = words(name.replace("new_cases", "cases")) & BANNED  # a policy's term
        if found:
            yield f"{name} says {', '.join(found)}"


def holding_no_test(path: Path) -> Iterator[str]:
    if not any(function.name.startswith("test_") for function in functions(path)):
        yield "tests nothing"


def mocking(path: Path) -> Iterator[str]:
    text = path.read_text()
    if path != Path(__file__):
        yield from (f"uses {word}" for word in ("unittest.mock", "MagicMock", "mocker") if word in text)


def reading_the_environment(path: Path) -> Iterator[str]:
    if shown(path) == "shared/config.py":
        return
    written = {
        id(node.value)
        for node in nodes(path)
        if (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.Attribute) and node.attr == "update")
    }  # what a library must find there at its import is written, not read
    for node in nodes(path):
        named = isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
        if named and id(node) not in written:
            yield f"line {node.lineno} reads the environment"


def unpickling(path: Path) -> Iterator[str]:
    for node in nodes(path):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (f"imports {name}" for name in {"pickle", "dill", "joblib", "shelve"} & set(names))
        is_load = isinstance(node, ast.Attribute) and node.attr == "load" and isinstance(node.value, ast.Name)
        if is_load and node.value.id == "torch":
            yield f"line {node.lineno} calls torch.load"


RULES = [
    (over_budget, SOURCES),
    (saying_nothing, SOURCES),
    (reading_the_environment, SOURCES),
    (unpickling, SOURCES),
    (holding_no_test, TESTS),
    (mocking, TESTS),
]


@pytest.mark.parametrize(("rule", "paths"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_no_file_is(rule, paths):
    assert paths
    assert [f"{shown(path)}: {found}" for path in paths for found in rule(path)] == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (over_budget, "x = 1\n" * (FILE_LINES + 1)),
        (over_budget, "def f():\n" + "    x = 1\n" * FUNCTION_LINES),
        (over_budget, "def f():\n if a:\n  for b in c:\n   with d:\n    while e: pass"),
        (saying_nothing, "class CaseHandler: pass"),
        (reading_the_environment, "import os\nos.environ['HOME']"),
        (reading_the_environment, "import os\nos.getenv('HOME')"),
        (unpickling, "import pickle"),
        (unpickling, "from joblib import load"),
        (unpickling, "import torch\ntorch.load('x')"),
        (holding_no_test, "def check(): pass"),
        (mocking, "from unittest.mock import Mock"),
    ],
)
def test_each_rule_finds_what_breaks_it(rule, text, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    path = tmp_path / "made.py"
    path.write_text(text)
    assert list(rule(path))


def test_the_rules_see_what_they_should():
    deep = ast.parse("def f():\n  if a:\n    for b in c:\n      with d:\n        while e: pass").body[0]
    assert max(depth(child) for child in deep.body) == 4
    chain = ast.parse("def f():\n  if a: pass\n  elif b: pass\n  elif c: pass\n  elif d: pass").body[0]
    assert max(depth(child) for child in chain.body) == 1
    assert words("NewCaseHandler") == {"new", "case", "handler"}
    assert words("renewal_of_v2") == {"renewal", "of", "v2"}
    assert not words("threshold_renewed") & BANNED
