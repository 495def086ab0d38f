"""Whether the tests see a slip: each is made in a process of its own, which ends with the verdict.

A slip in the body of a function is put into the module that the tests have imported already, one that acts
at the import of its module into a fresh import. Only tests that run its lines judge, the quickest first.
"""

import ast
import functools
import gc
import hashlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import coverage
import hypothesis
import pytest

from bench.domain_world.slips import DOMAIN, ROOT, Slip, modules, slipped

HEAVY = ("worker_collection", "worker_training", "api_service", "rounds", "shared.backends")
PYTEST = ("-q", "-x", "--noconftest", "-p", "no:cacheprovider", "-p", "no:xdist")
PACKAGE = "shared.domain"
MOST_SECONDS = 2.0  # of tests that judge one slip; those beyond are not asked
SLOW_SECONDS = 0.5  # of one test, which is asked last
ABOUT = 0.3  # share of the lines of a test that makes it one about their module
MOST_FILES = 4  # of tests that judge one slip
ROUND = 300  # slips that are tried between two imports of the tests
LEAST_SECONDS, TIMES = (
    5,
    10,
)  # of CPU until a slip counts as endless: so many times what its tests take without
LONGEST_SECONDS = 900  # of the clock, whatever the load
MOST_BYTES = 4 << 30  # beyond what the process has
_OPTIMIZED = 0x1  # marks the code of a function, not of a class

Tell = Callable[[Slip, bool], None]
Late = Callable[[], bool]


@dataclass(frozen=True)
class Test:
    """What a test takes, and the lines that it runs of each module of the rules."""

    seconds: float
    lines: Mapping[str, frozenset[int]]


class Judges:
    """Which tests judge a slip, by what each was seen to run."""

    def __init__(self, tests: Mapping[str, Test]) -> None:
        self._tests, self._importers = tests, _importers()
        self._imports = {str(path.relative_to(ROOT)): _imports(path) for path in _files()}

    def of(self, slip: Slip) -> list[str]:
        """Ids of tests: those that run its lines, or that use what an import makes."""
        if slip.inner:
            lines = range(slip.lines[0], slip.lines[1] + 1)
            ran = [name for name, one in self._tests.items() if not one.lines[slip.module].isdisjoint(lines)]
        else:
            near = {slip.module, *self._importers[slip.module]}
            ran = [name for name in self._tests if not near.isdisjoint(self._used(name))]
        found = self._quickest(ran, slip.module)
        files = list(dict.fromkeys(name.partition("::")[0] for name in found))[:MOST_FILES]
        return [name for name in found if name.partition("::")[0] in files]

    def _used(self, name: str) -> set[str]:
        """The modules that a test runs or its file imports."""
        ran = {module for module, lines in self._tests[name].lines.items() if lines}
        return ran | self._imports[name.partition("::")[0]]

    def seconds(self, names: Iterable[str]) -> float:
        """What they take where nothing has slipped."""
        return sum(self._tests[name].seconds for name in names)

    def _quickest(self, names: Iterable[str], module: str) -> list[str]:
        """Those that are about the module before others, quick ones before slow ones, while there is time."""
        left, found = MOST_SECONDS, list[str]()
        for name in sorted(names, key=lambda name: self._place(name, module)):
            left -= self._tests[name].seconds
            if left < 0 and found:
                break
            found.append(name)
        return found

    def _place(self, name: str, module: str) -> tuple[bool, bool, bool, float]:
        test = self._tests[name]
        is_about = ABOUT * sum(map(len, test.lines.values())) <= len(test.lines[module])
        imports = module in self._imports[name.partition("::")[0]]
        return test.seconds > SLOW_SECONDS, not imports, not is_about, test.seconds


def judge(slips: Sequence[Slip], tell: Tell, *, late: Late, seen: Path) -> None:
    """Try each slip and tell whether it was seen, until it is late.

    Args:
        slips: in the order in which they are tried.
        tell: takes each with its verdict.
        late: whether no more is begun.
        seen: a file for what each test runs; a test file that it knows is not looked at again.

    Raises:
        RuntimeError: the tests do not pass as they stand.
    """
    hypothesis.settings.register_profile(
        "slips",
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("slips")
    if not _passes(lambda: _pytest(_files(), _Look(seen))):
        raise RuntimeError("the tests do not pass as they stand; nothing can be said of slips")
    told = json.loads(seen.read_text())
    judges = Judges(
        {name: _test(one) for file in told["files"].values() for name, one in file["tests"].items()}
    )
    for library in told["libraries"]:
        with suppress(Exception):
            importlib.import_module(library)
    gc.freeze()
    for start in range(0, len(slips), ROUND):
        if not late():
            _judge_some(slips[start : start + ROUND], judges, tell, late=late)


def _judge_some(slips: Sequence[Slip], judges: Judges, tell: Tell, *, late: Late) -> None:
    """First what can be put into imported modules, then the rest, and what of the first no test saw.

    A function that runs at an import has left its mark when a slip is put into it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        seen = Path(scratch) / "seen"
        inner = [one for one in slips if one.inner]
        _passes(lambda: _pytest(_files(), _Inner(inner, judges, tell=_both(tell, seen), late=late)))
        marks = seen.read_text().split() if seen.exists() else []
    for slip in slips:
        if slip.mark not in marks and not late():
            names = judges.of(slip)
            tell(slip, bool(names) and not _passes(partial(_import, slip, names), judges.seconds(names)))


def _both(tell: Tell, into: Path) -> Tell:
    """Tell, and leave the mark for the process that began this one."""

    def both(slip: Slip, seen: bool) -> None:  # noqa: FBT001
        tell(slip, seen)
        with into.open("a") as marks:
            marks.write(f"{slip.mark}\n")

    return both


def _test(told: tuple[float, Mapping[str, Sequence[int]]]) -> Test:
    return Test(told[0], {module: frozenset(told[1].get(module, ())) for module in modules()})


def _files() -> list[Path]:
    """The files of tests that import the rules, and nothing that makes every process of a trial large."""
    unit = sorted((ROOT / "tests" / "unit").glob("test_*.py"))
    return [path for path in (*unit, ROOT / "tests" / "house" / "test_cycle_is_code.py") if _is_judge(path)]


def _is_judge(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text()))
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(name.startswith(PACKAGE) for name in names) and not any(
        name.startswith(HEAVY) for name in names
    )


def _importers() -> dict[str, list[str]]:
    """The modules of the rules that import each."""
    imports = {name: _imports(DOMAIN / f"{name}.py") for name in modules()}
    return {name: [other for other in imports if name in imports[other]] for name in imports}


def _imports(path: Path) -> set[str]:
    """The modules of the rules that a file imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    named = {(node.module or "").removeprefix(f"{PACKAGE}.") for node in nodes}
    named |= {one.name for node in nodes if node.module == PACKAGE for one in node.names}
    return named & set(modules())


def _passes(deed: Callable[[], int], seconds: float | None = None) -> bool:
    """Whether a deed in a process of its own ends with 0; with `seconds` it may take a multiple of them."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    try:
        if seconds is not None:
            _bound(LEAST_SECONDS + TIMES * seconds)
        os._exit(deed())
    except BaseException:  # noqa: BLE001 - whatever ends it, the verdict is that it did not pass
        os._exit(1)


def _bound(seconds: float) -> None:
    """Let this process end where it takes too long or too much."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST_SECONDS)
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + MOST_BYTES, has + MOST_BYTES))


def _pytest(what: Iterable[str | Path], *plugins: object) -> int:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        return int(pytest.main([*PYTEST, *map(str, what)], plugins=plugins))


class _Look:
    """A plugin that runs each test alone and writes what it took and ran.

    A file whose tests are known is left out while it and the modules that it ran are as they were.
    """

    def __init__(self, into: Path) -> None:
        self._into = into
        self._passed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)
        if report.failed:
            print(f"fails: {report.nodeid}", file=sys.stderr)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        known = json.loads(self._into.read_text())["files"] if self._into.exists() else {}
        found = {name: one for name, one in known.items() if one["mark"] == _mark(name, one["tests"])}
        asked = [item for item in session.items if item.path.name not in found]
        watch = coverage.Coverage(data_file=None, source=[str(DOMAIN)], config_file=False)
        took, caches = dict[str, float](), _caches()
        watch.start()
        for item in asked:
            _forget(caches)  # what one test left there the next would not run
            watch.switch_context(item.nodeid)
            began = time.process_time()
            _run(session, [item])
            took[item.nodeid] = time.process_time() - began
        watch.stop()
        if not session.testsfailed:
            lines = _lines(watch.get_data()) if asked else {}
            for name in {item.path.name for item in asked}:
                mine = [one for one in asked if one.path.name == name and one.nodeid in self._passed]
                tests = {one.nodeid: (took[one.nodeid], lines.get(one.nodeid, {})) for one in mine}
                found[name] = {"mark": _mark(name, tests), "tests": tests}
            self._into.write_text(json.dumps({"files": found, "libraries": list(_libraries())}))
        return True


def _mark(name: str, tests: Mapping[str, tuple[float, Mapping[str, object]]]) -> str:
    """A file of tests as it is now, with the modules that its tests ran."""
    ran = {module for _, lines in tests.values() for module in lines}
    paths = [
        *(path for path in _files() if path.name == name),
        *(DOMAIN / f"{module}.py" for module in sorted(ran)),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths if path.exists())).hexdigest()


def _lines(data: coverage.CoverageData) -> dict[str, dict[str, list[int]]]:
    """By test and module the lines that were run."""
    found: dict[str, dict[str, list[int]]] = {}
    for file in data.measured_files():
        for line, names in data.contexts_by_lineno(file).items():
            for name in names:
                found.setdefault(name, {}).setdefault(Path(file).stem, []).append(line)
    return found


def _libraries() -> Iterator[str]:
    """What the tests have imported that is not ours."""
    ours = {path.stem for path in ROOT.iterdir()} | {"__main__"}
    return (name for name in list(sys.modules) if name.partition(".")[0] not in ours)


def _run(session: pytest.Session, items: Sequence[pytest.Item]) -> int:
    """Run tests until one fails; 1 where one did."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


class _Inner:
    """A plugin that tries slips in what the tests have imported, in the place of running the tests."""

    def __init__(self, slips: Sequence[Slip], judges: Judges, *, tell: Tell, late: Late) -> None:
        self._slips, self._judges, self._tell, self._late = slips, judges, tell, late

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        functions, caches = _functions(), _caches()
        gc.freeze()
        for slip in self._slips:
            if self._late():
                break
            names = self._judges.of(slip)

            def deed(slip: Slip = slip, names: Sequence[str] = names) -> int:
                _put(slip, functions)
                _forget(caches)
                return _run(session, [items[name] for name in names])

            if names and not _passes(deed, self._judges.seconds(names)):
                self._tell(slip, True)  # noqa: FBT003
        return True


def _functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    """Every function of the rules by module, name and first line."""
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for one in gc.get_objects():
        if type(one) is FunctionType and str(one.__module__).startswith(PACKAGE):
            found.setdefault(_key(one.__module__, one.__code__), []).append(one)
    return found


def _caches() -> list["functools._lru_cache_wrapper[object]"]:
    kind = functools._lru_cache_wrapper
    return [one for one in gc.get_objects() if type(one) is kind and one.__module__.startswith(PACKAGE)]


def _forget(caches: Iterable["functools._lru_cache_wrapper[object]"]) -> None:
    for one in caches:
        one.cache_clear()


def _key(module: str, code: CodeType) -> tuple[str, str, int]:
    return module, code.co_qualname, code.co_firstlineno


def _put(slip: Slip, functions: Mapping[tuple[str, str, int], Sequence[FunctionType]]) -> None:
    """Give the functions of a module the code that they have with the slip."""
    name = f"{PACKAGE}.{slip.module}"
    for code in _codes(compile(slipped(slip), str(DOMAIN / f"{slip.module}.py"), "exec")):
        for one in functions.get(_key(name, code), ()):
            one.__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of the functions of a module and of its classes."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from [one] if one.co_flags & _OPTIMIZED else _codes(one)


def _import(slip: Slip, names: Sequence[str]) -> int:
    sys.meta_path.insert(0, _Slipped(slip))
    return _pytest(
        {name.partition("[")[0]: None for name in names}
    )  # a slip may change what stands in brackets


class _Slipped(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with a slip in it."""

    def __init__(self, slip: Slip) -> None:
        self._slip, self._file = slip, str(DOMAIN / f"{slip.module}.py")

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        is_mine = name == f"{PACKAGE}.{self._slip.module}"
        return importlib.util.spec_from_loader(name, self, origin=self._file) if is_mine else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self._file
        exec(compile(slipped(self._slip), self._file, "exec"), module.__dict__)  # noqa: S102
