"""Whether what becomes a case is a resource as FHIR R4 has it: cardinality, types, one of a choice.

Lenient on purpose: unknown elements are let by, for servers have their own; so are forms of ids, codes and
dates, which are read leniently elsewhere. Only conditions and reports are held to it, and only those that
state something: a patient, an encounter or a consent that is written loosely must not be lost, for each of
them can only make a case safer.
"""

from functools import cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

from worker_collection.sources.fhir.references import ROOTS, Resource
from worker_collection.sources.fhir.said import verification

_CHECKED = tuple(kind for kind in ROOTS if kind != "Consent")
_TAKEN_BACK = frozenset({"entered-in-error", "refuted", "cancelled"})
_TELLING = ("missing", "list_type", "dict_type", "json_invalid", "model_validation_format")
_CHOICE = "value_error"  # of the resource as a whole: two of one choice


def flaw(resource: Resource) -> str | None:
    """The path of the first element that breaks a resource; None for one that holds.

    Array places are left out, and no value is repeated.
    """
    kind = str(resource.get("resourceType"))
    if kind not in _CHECKED or {verification(resource), str(resource.get("status"))} & _TAKEN_BACK:
        return None
    try:
        _model(kind).model_validate(dict(resource))
    except ValidationError as error:
        found = (one for one in error.errors(include_url=False, include_input=False, include_context=False))
        return next((_path(one["loc"], kind) for one in found if _tells(one["type"], one["loc"])), None)
    except (AttributeError, KeyError, TypeError, RecursionError):
        return kind  # so odd that the models themselves stumble
    return None


@cache
def _model(kind: str) -> type[BaseModel]:
    model: type[BaseModel] = get_fhir_model_class(kind)
    return model


def _tells(error: str, places: tuple[Any, ...]) -> bool:
    return error in _TELLING or (error == _CHOICE and not places)


def _path(places: tuple[Any, ...], kind: str) -> str:
    names = [str(place) for place in places if not isinstance(place, int) and place != "root"]
    return ".".join(names) or kind
