"""The client for Python: one file, typed, which needs nothing but Python 3.11."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from rounds.clients.operations import Json, Operation, name_of, operations, shapes

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_KEYWORDS = {"from", "class", "global", "import", "in", "is", "not", "pass", "return"}


def render(document: Json) -> str:
    """The whole module."""
    version = document["info"]["version"]
    base = files("rounds.clients").joinpath("base.py.txt").read_text(encoding="utf-8")
    lines = [base.replace("VERSION", version).rstrip()]
    for name, shape in shapes(document):
        lines.append("\n\n" + "\n".join(_shape(name, shape)))
    lines.append("\n\nclass Rounds(Connection):\n" + f'    """Every route of Rounds {version}."""')
    for operation in operations(document):
        lines.append("\n" + "\n".join(_method(operation)))
    return "\n".join(lines) + "\n"


def _shape(name: str, shape: Json) -> Iterator[str]:
    if "properties" not in shape:
        yield f"{name} = {annotation(shape)}"
        return
    required = set(shape.get("required", []))
    fields = {
        field: annotation(told) if field in required else f"NotRequired[{annotation(told)}]"
        for field, told in shape["properties"].items()
    }
    if _KEYWORDS & set(fields):
        inside = ", ".join(f'"{field}": "{told}"' for field, told in fields.items())
        yield f'{name} = TypedDict("{name}", {{{inside}}})'
        return
    yield f"class {name}(TypedDict):"
    yield f'    """{_first_line(shape, name)}"""'
    yield ""
    yield from (f"    {field}: {told}" for field, told in fields.items())


def annotation(shape: Json) -> str:
    """What Python calls the type of a shape."""
    named = name_of(shape)
    if named:
        return named
    if "enum" in shape or "const" in shape:
        values = shape.get("enum", [shape.get("const")])
        return f"Literal[{', '.join(repr(value) for value in values)}]"
    if "anyOf" in shape:
        return " | ".join(dict.fromkeys(annotation(one) for one in shape["anyOf"]))
    return _by_type(shape)


def _by_type(shape: Json) -> str:
    kind = shape.get("type")
    if kind == "array":
        return f"list[{_item(shape)}]"
    if kind == "object":
        inside = shape.get("additionalProperties")
        return f"dict[str, {annotation(inside) if isinstance(inside, dict) and inside else 'Any'}]"
    return _PLAIN.get(kind, "Any") if isinstance(kind, str) else "Any"


def _item(shape: Json) -> str:
    """What is in a list; one of fixed places holds any of theirs."""
    if "prefixItems" in shape:
        return " | ".join(dict.fromkeys(annotation(one) for one in shape["prefixItems"]))
    return annotation(shape.get("items", {}))


def _method(operation: Operation) -> Iterator[str]:
    asked = [f"{name}: str" for name in operation.in_path]
    if operation.body is not None:
        asked.append(f"body: {annotation(operation.body)}")
    query = [f"{_safe(name)}: {_optional(told)} = None" for name, told in operation.in_query.items()]
    if operation.method == "POST":
        query += ["idempotency_key: str | None = None", "wait_seconds: int | None = None"]
    arguments = ", ".join(["self", *asked, *(["*", *query] if query else [])])
    yield f"    def {operation.name}({arguments}) -> {annotation(operation.answer)}:"
    yield f'        """{_one_line(operation.summary)}"""'
    yield f"        return cast({annotation(operation.answer)!r}, {_call(operation)})"


def _call(operation: Operation) -> str:
    place = operation.path
    for name in operation.in_path:
        place = place.replace("{" + name + "}", "{_quoted(" + name + ")}")
    told = f'f"{place}"' if operation.in_path else f'"{place}"'
    parts = [f'"{operation.method}"', told]
    if operation.body is not None:
        parts.append("body=body")
    if operation.in_query:
        pairs = ", ".join(f'"{name}": {_safe(name)}' for name in operation.in_query)
        parts.append(f"query={{{pairs}}}")
    if operation.method == "POST":
        parts.append("key=idempotency_key, wait=wait_seconds")
    return f"self._ask({', '.join(parts)})"


def _optional(told: Json) -> str:
    found = annotation(told)
    return found if "None" in found.split(" | ") else f"{found} | None"


def _safe(name: str) -> str:
    return f"{name}_" if name in _KEYWORDS else name


def _first_line(shape: Json, name: str) -> str:
    told: Any = shape.get("description", "")
    return _one_line(told.partition("\n")[0] or f"{name}.")


def _one_line(words: str) -> str:
    return words.replace("\\", "\\\\").replace('"', "'")
