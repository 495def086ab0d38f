"""The OpenAPI 3.1 document, from the same declarations that route and check the requests."""

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from api_service.endpoint import Endpoint, product_version
from api_service.show.shape import Shape

Json = dict[str, Any]
Schemas = Mapping[tuple[Any, Any], Json]
REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"{(\w+)}")
_FORMATS = {"UUID": {"type": "string", "format": "uuid"}}


class Problem(Shape):
    """Every error: one sentence, a code, and where there is one the field and the way out."""

    detail: str
    code: str
    request_id: str
    type: str
    title: str
    status: int
    field: str | None
    fix: str | None


def document(endpoints: Iterable[Endpoint]) -> Json:
    """The whole document."""
    declared = list(endpoints)
    schemas, components = _schemas(declared)
    paths: dict[str, Json] = {}
    for endpoint in declared:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rounds",
            "version": product_version(),
            "description": "A self-learning engine for clinical AI that runs wholly inside one clinic.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(endpoints: list[Endpoint]) -> tuple[Schemas, Json]:
    inputs: list[tuple[Any, Any, TypeAdapter[Any]]] = [("problem", "serialization", TypeAdapter(Problem))]
    for endpoint in endpoints:
        if endpoint.body is not None:
            inputs.append((f"{endpoint.name} body", "validation", TypeAdapter(endpoint.body[1])))
        if endpoint.answer is not None:
            inputs.append((f"{endpoint.name} answer", "serialization", endpoint.answer))
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=REF)
    return found, dict(definitions.get("$defs", {}))


def _operation(endpoint: Endpoint, schemas: Schemas) -> Json:
    first, _, rest = (inspect.getdoc(endpoint.view) or endpoint.name).partition("\n")
    found: Json = {
        "operationId": endpoint.name,
        "summary": first,
        "tags": [endpoint.name.split(".")[0]],
        "parameters": _path_parameters(endpoint),
        "responses": _responses(endpoint, schemas),
        "x-roles": sorted(endpoint.roles),
    }
    if rest.strip():
        found["description"] = rest.strip()
    if endpoint.roles:
        found["security"] = [{"key": []}]
    if endpoint.query is not None:
        found["parameters"] += _query_parameters(endpoint.query)
    if endpoint.method == "POST":
        found["parameters"] += [
            _header("Idempotency-Key", "a repeat under the same key gets the same answer")
        ]
    if endpoint.rules.status == 202:
        found["parameters"] += [_header("Prefer", "wait=N: wait up to N seconds for the finished result")]
    if endpoint.body is not None:
        schema = schemas[f"{endpoint.name} body", "validation"]
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _responses(endpoint: Endpoint, schemas: Schemas) -> Json:
    whole = schemas[f"{endpoint.name} answer", "serialization"] if endpoint.answer else None
    content = {"content": {kind: {"schema": _shape(kind, whole)} for kind in endpoint.rules.media_types}}
    found: Json = {str(endpoint.rules.status): {"description": "done"} | content}
    if endpoint.rules.status == 202:
        found["200"] = {"description": "the finished result, where the caller waited for it"} | content
    if endpoint.path.endswith(("/health", "/status")):
        found["503"] = {"description": "a part that the circle needs is down"} | content
    problem = {"application/problem+json": {"schema": schemas["problem", "serialization"]}}
    told = {"description": "an error", "content": problem}
    return {str(status): told for status in _refusals(endpoint)} | found


def _shape(kind: str, whole: Json | None) -> Json:
    """Of an answer in a media type; a plain response is any JSON, or text."""
    return whole or ({} if kind == "application/json" else {"type": "string"})


def _refusals(endpoint: Endpoint) -> list[int]:
    """Every status that an error of this address can have."""
    guarded = {401, 403} if endpoint.roles else set()
    named = {404} if endpoint.body or endpoint.query or "{" in endpoint.path else set()
    sent = {400, 409, 413} if endpoint.method == "POST" else set()
    typed = {415} if endpoint.body else set()
    return sorted({422, 500, 503, *guarded, *named, *sent, *typed, *endpoint.rules.refusals})


def _path_parameters(endpoint: Endpoint) -> list[Json]:
    hints = inspect.signature(endpoint.view).parameters
    found = []
    for name in _PARAMETER.findall(endpoint.path):
        kind = getattr(hints[name].annotation, "__name__", "str")
        schema = _FORMATS.get(kind, {"type": "string"})
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    return found


def _query_parameters(query: type[BaseModel]) -> list[Json]:
    whole = query.model_json_schema(ref_template=REF)
    needed = set(whole.get("required", []))
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": shape}
        for name, shape in whole["properties"].items()
    ]


def _header(name: str, says: str) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": says,
        "schema": {"type": "string"},
    }
