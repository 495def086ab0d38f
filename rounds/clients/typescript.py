"""The types for TypeScript: every shape, and every route with what goes in and what comes out."""

import json
from collections.abc import Iterator

from rounds.clients.operations import Json, Operation, name_of, operations, shapes

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def render(document: Json) -> str:
    """The whole module."""
    version = document["info"]["version"]
    lines = [f"// The API of Rounds {version}, made from its OpenAPI document by `rounds client`."]
    for name, shape in shapes(document):
        lines += ["", *_shape(name, shape)]
    lines += ["", "/** Every route: what its path and query take, its body and its answer. */"]
    lines.append("export interface Routes {")
    for operation in operations(document):
        lines += _route(operation)
    return "\n".join([*lines, "}"]) + "\n"


def _shape(name: str, shape: Json) -> Iterator[str]:
    told = (shape.get("description") or "").partition("\n")[0]
    if told:
        yield f"/** {told} */"
    if "properties" not in shape:
        yield f"export type {name} = {annotation(shape)};"
        return
    required = set(shape.get("required", []))
    yield f"export interface {name} {{"
    for field, inside in shape["properties"].items():
        yield f"  {field}{'' if field in required else '?'}: {annotation(inside)};"
    yield "}"


def annotation(shape: Json) -> str:
    """What TypeScript calls the type of a shape."""
    named = name_of(shape)
    if named:
        return named
    if "enum" in shape or "const" in shape:
        return " | ".join(json.dumps(value) for value in shape.get("enum", [shape.get("const")]))
    if "anyOf" in shape:
        return " | ".join(dict.fromkeys(annotation(one) for one in shape["anyOf"]))
    if shape.get("type") == "array":
        return _list(shape)
    if shape.get("type") == "object":
        inside = shape.get("additionalProperties")
        return f"Record<string, {annotation(inside) if isinstance(inside, dict) and inside else 'unknown'}>"
    return _PLAIN.get(str(shape.get("type")), "unknown")


def _list(shape: Json) -> str:
    if "prefixItems" in shape:
        return f"[{', '.join(annotation(one) for one in shape['prefixItems'])}]"
    return f"Array<{annotation(shape.get('items', {}))}>"


def _route(operation: Operation) -> Iterator[str]:
    query = "; ".join(f"{name}?: {annotation(told)}" for name, told in operation.in_query.items())
    place = "; ".join(f"{name}: string" for name in operation.in_path)
    yield f"  /** {operation.summary.replace('*/', '')} */"
    yield f'  "{operation.method} {operation.path}": {{'
    yield f"    path: {{ {place} }};" if place else "    path: Record<string, never>;"
    yield f"    query: {{ {query} }};" if query else "    query: Record<string, never>;"
    yield f"    body: {annotation(operation.body) if operation.body else 'undefined'};"
    yield f"    answer: {annotation(operation.answer)};"
    yield "  };"
