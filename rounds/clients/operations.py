"""What both clients are made of: the operations and shapes of the OpenAPI document, in one order."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
REF = "#/components/schemas/"
_TEXT = {"type": "string"}


@dataclass(frozen=True)
class Operation:
    """One route: its name among all others, where it is, what goes in and what comes out."""

    name: str
    method: str
    path: str
    summary: str
    in_path: tuple[str, ...]
    in_query: Mapping[str, Json]
    body: Json | None
    answer: Json


def operations(document: Json) -> list[Operation]:
    """Every route by name; one whose own name is not the only one has its group before it."""
    told = [
        (path, method, found)
        for path, methods in document["paths"].items()
        for method, found in methods.items()
    ]
    often = Counter(found["operationId"].rpartition(".")[2] for _, _, found in told)
    made = [
        _operation(path, method, found, is_only=often[found["operationId"].rpartition(".")[2]] == 1)
        for path, method, found in told
    ]
    return sorted(made, key=lambda one: one.name)


def shapes(document: Json) -> Iterator[tuple[str, Json]]:
    """Every named shape, by name."""
    yield from sorted(document["components"]["schemas"].items())


def name_of(shape: Json) -> str | None:
    """The name of the shape that a reference means."""
    return shape["$ref"].removeprefix(REF) if "$ref" in shape else None


def _operation(path: str, method: str, found: Json, *, is_only: bool) -> Operation:
    group, _, own = found["operationId"].rpartition(".")
    parameters = found["parameters"]
    return Operation(
        name=own if is_only else f"{group}_{own}".replace(".", "_"),
        method=method.upper(),
        path=path,
        summary=found["summary"],
        in_path=tuple(one["name"] for one in parameters if one["in"] == "path"),
        in_query={one["name"]: one["schema"] for one in parameters if one["in"] == "query"},
        body=_content(found.get("requestBody")),
        answer=_content(_success(found["responses"])) or _TEXT,
    )


def _success(responses: Json) -> Json:
    found: Json = next(told for status, told in sorted(responses.items()) if status.startswith("2"))
    return found


def _content(told: Json | None) -> Json | None:
    """The JSON that goes over the wire; None where it is no JSON."""
    if told is None or "application/json" not in told.get("content", {}):
        return None
    found: Json = told["content"]["application/json"]["schema"]
    return found
