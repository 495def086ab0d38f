"""Checks a manifest against the API's own schema, as the official client carries it, and more strictly."""

import re
from collections.abc import Mapping
from typing import Any

from kubernetes.client import models
from pydantic import ValidationError

MODELS = {
    ("v1", "ConfigMap"): "V1ConfigMap",
    ("v1", "PersistentVolumeClaim"): "V1PersistentVolumeClaim",
    ("v1", "Service"): "V1Service",
    ("apps/v1", "Deployment"): "V1Deployment",
    ("apps/v1", "StatefulSet"): "V1StatefulSet",
    ("batch/v1", "Job"): "V1Job",
    ("networking.k8s.io/v1", "NetworkPolicy"): "V1NetworkPolicy",
}
_LIST, _MAP = re.compile(r"^List\[(.+)\]$"), re.compile(r"^Dict\[str, (.+)\]$")


def faults(manifest: Mapping[str, Any]) -> list[str]:
    """What the schema says against it: wrong types, missing fields, fields it does not know."""
    kind = (manifest.get("apiVersion"), manifest.get("kind"))
    if kind not in MODELS:
        return [f"{kind} is none of {sorted(MODELS)}"]
    model = getattr(models, MODELS[kind])
    found = list(_unknown(manifest, MODELS[kind], kind[1]))
    try:
        model.model_validate(manifest)
    except ValidationError as error:
        found += [".".join(map(str, one["loc"])) + ": " + one["msg"] for one in error.errors()]
    return found


def _unknown(value: Any, type_name: str, place: str):
    """Fields that no model knows; the client's own models pass over them."""
    inside = _LIST.match(type_name)
    if inside and isinstance(value, list):
        for number, one in enumerate(value):
            yield from _unknown(one, inside[1], f"{place}[{number}]")
        return
    mapped = _MAP.match(type_name)
    if mapped and isinstance(value, dict):
        for name, one in value.items():
            yield from _unknown(one, mapped[1], f"{place}.{name}")
        return
    model = getattr(models, type_name, None)
    if not hasattr(model, "attribute_map") or not isinstance(value, dict):
        return
    known = {wire: model.openapi_types[name] for name, wire in model.attribute_map.items()}
    for name, one in value.items():
        if name not in known:
            yield f"{place}.{name} is no field of {type_name}"
        else:
            yield from _unknown(one, known[name], f"{place}.{name}")
