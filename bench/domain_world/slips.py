"""What a slip of the hand makes of a rule: one operator, number, word, condition or statement is another.

Left as they are: what only people read (docstrings, the words of an f-string, a string in which words stand
side by side, `description`, `fix`), what tools hold (annotations, imports, overloads, frozen classes), and
the size of a cache.
"""

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "shared" / "domain"
COMPARED: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COUNTED: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
PAIRS = ("min max", "any all", "lower upper", "startswith endswith", "removeprefix removesuffix")
CALLED = {one: other for pair in PAIRS for one, other in (pair.split(), reversed(pair.split()))}
PROSE = re.compile(r"[a-z,.] [a-z]|^\s*$")
LEFT = {"description", "fix", "strict", "frozen", "slots"}
HIDDEN = ("annotation", "returns", "bases", "format_spec")

Edit = tuple[str, Callable[[], object]]  # what it is, and the deed


@dataclass(frozen=True)
class Slip:
    """One slip: the number of its edit in the module, the lines it stands on, and what it is in words.

    `inner` is within the body of a function, where it acts only when that is called. `mark` names the slip
    and the statement around it: it stays while they do.
    """

    module: str
    number: int
    lines: tuple[int, int]
    code: str
    told: str
    inner: bool
    mark: str


@dataclass(frozen=True)
class Place:
    """A node, the statement of the module around it, the lines that run it, and whether it is inner."""

    node: ast.expr | ast.stmt
    around: ast.stmt
    lines: tuple[int, int]
    inner: bool


def modules() -> list[str]:
    """The modules of the rules by name."""
    return sorted(path.stem for path in DOMAIN.glob("*.py") if path.read_text().strip())


def slips(module: str) -> list[Slip]:
    """Every slip of one module."""
    source = (DOMAIN / f"{module}.py").read_text()
    code, found, seen, alike = source.splitlines(), [], Counter[str](), Counter[tuple[str, str]]()
    for number, (place, (told, _)) in enumerate(_edits(ast.parse(source))):
        said = f"{module} {ast.unparse(place.around)} {told}"
        seen[said] += 1
        mark = hashlib.sha256(f"{said} {seen[said]}".encode()).hexdigest()[:16]
        line = code[place.lines[0] - 1].strip()
        alike[line, told] += 1
        name = told if alike[line, told] == 1 else f"{told} #{alike[line, told]}"
        found.append(Slip(module, number, place.lines, line, name, place.inner, mark))
    return found


def slipped(slip: Slip) -> ast.Module:
    """The module with the slip in it."""
    tree = ast.parse((DOMAIN / f"{slip.module}.py").read_text())
    for number, (_, (_, act)) in enumerate(_edits(tree)):
        if number == slip.number:
            act()
            return ast.fix_missing_locations(tree)
    raise ValueError(f"{slip.module} has no slip {slip.number}")


def _edits(tree: ast.Module) -> Iterator[tuple[Place, Edit]]:
    for around in tree.body:
        for place in _places(around, Place(around, around, (0, 0), inner=False)):
            for edit in _of(place.node):
                yield place, edit


def _places(node: ast.AST, above: Place) -> Iterator[Place]:
    """Every expression and statement that may slip, from the outside in."""
    if _is_left(node):
        return
    if isinstance(node, ast.stmt):
        above = replace(above, lines=_lines(node))
    if isinstance(node, ast.expr | ast.stmt):
        above = replace(above, node=node)
        yield above
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant):
                continue
            if isinstance(child, ast.AST) and name not in HIDDEN:
                within = above.inner or (isinstance(node, ast.FunctionDef) and name == "body")
                yield from _places(child, replace(above, inner=within))


def _lines(node: ast.stmt) -> tuple[int, int]:
    """The lines of a statement, of one that holds others those of its head."""
    body = getattr(node, "body", None)
    return node.lineno, body[0].lineno - 1 if body else node.end_lineno or node.lineno


def _is_left(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Expr(value=ast.Constant()):
            return True
        case ast.keyword(arg=name):
            return name in LEFT
        case (
            ast.Assign(targets=[ast.Name(id="__slots__" | "__all__")])
            | ast.AugAssign(target=ast.Name(id="__all__"))
        ):
            return True
        case ast.FunctionDef(decorator_list=[ast.Name(id="overload")]):
            return True
        case ast.Call(func=ast.Name(id="TypeVar" | "cast" | "lru_cache")):
            return True
    return False


def _of(node: ast.expr | ast.stmt) -> Iterator[Edit]:
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BinOp(op=op) | ast.AugAssign(op=op):
            other = COUNTED[type(op)]
            yield f"{_name(op)} is {other.__name__}", lambda: setattr(node, "op", other())
        case ast.BoolOp():
            yield from _joined(node)
        case ast.JoinedStr():
            return
        case ast.Constant():
            yield from _constant(node)
        case ast.Call():
            yield from _call(node)
        case _:
            yield from _flow(node)


def _compared(node: ast.Compare) -> Iterator[Edit]:
    for place, op in enumerate(node.ops):
        for other in COMPARED[type(op)]:
            yield f"{_name(op)} is {other.__name__}", partial(node.ops.__setitem__, place, other())


def _joined(node: ast.BoolOp) -> Iterator[Edit]:
    other = ast.Or if isinstance(node.op, ast.And) else ast.And
    yield f"{_name(node.op)} is {other.__name__}", lambda: setattr(node, "op", other())
    for place, part in enumerate(node.values):
        yield f"without {ast.unparse(part)[:40]}", partial(_without, node, place)


def _without(node: ast.BoolOp, place: int) -> None:
    node.values.pop(place)
    if len(node.values) == 1:
        _become(node, node.values[0])


def _constant(node: ast.Constant) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} is {not value}", lambda: setattr(node, "value", not value)
    elif isinstance(value, int):
        yield f"{value} is one more", lambda: setattr(node, "value", value + 1)
    elif isinstance(value, float):
        yield (
            f"{value} is more",
            lambda: setattr(node, "value", value + (1 if value in (0, 1) else value / 4)),
        )
    elif isinstance(value, str) and not PROSE.search(value):
        yield f"{value[:20]!r} is other", lambda: setattr(node, "value", f"{value}x")
    elif isinstance(value, bytes):
        yield f"{value[:20]!r} is other", lambda: setattr(node, "value", value + b"x")


def _call(node: ast.Call) -> Iterator[Edit]:
    match node.func:
        case ast.Name(id=name) if name in CALLED:
            yield f"{name} is {CALLED[name]}", lambda: setattr(node.func, "id", CALLED[name])
        case ast.Attribute(attr=name) if name in CALLED:
            yield f"{name} is {CALLED[name]}", lambda: setattr(node.func, "attr", CALLED[name])
    for place, given in enumerate(node.keywords):
        if given.arg not in LEFT:
            yield f"without {given.arg}=", partial(node.keywords.pop, place)


def _flow(node: ast.expr | ast.stmt) -> Iterator[Edit]:
    match node:
        case ast.UnaryOp(operand=operand):
            yield f"without {_name(node.op)}", lambda: _become(node, operand)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            if not isinstance(test, ast.Compare | ast.UnaryOp):
                yield "the condition is its opposite", lambda: setattr(node, "test", _not(test))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from _filtered(node.generators)
        case ast.Return(value=value) if not _is_nothing(value):
            yield "returns nothing", lambda: setattr(node, "value", ast.Constant(None))
        case ast.Expr() | ast.Raise():
            yield f"without {ast.unparse(node)[:30]}", lambda: _become(node, ast.Pass())
        case ast.Continue() | ast.Break():
            other = ast.Break if isinstance(node, ast.Continue) else ast.Continue
            yield f"{_name(node)} is {other.__name__}", lambda: _become(node, other())


def _filtered(parts: Sequence[ast.comprehension]) -> Iterator[Edit]:
    for part in parts:
        for place, test in enumerate(part.ifs):
            yield f"whatever {ast.unparse(test)}", partial(part.ifs.pop, place)


def _become(node: ast.AST, other: ast.AST) -> None:
    """Let a node be another in place."""
    place = {name: getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")}
    node.__class__ = type(other)
    node.__dict__.clear()
    node.__dict__.update(vars(other) | place)


def _not(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _is_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value in (None, False))


def _name(op: ast.AST) -> str:
    return type(op).__name__
