"""The page of all settings: `python -m rounds.configuration_page` writes it; a test holds it to the code."""

import sys
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shared.config import PREFIX, Settings
from shared.domain.policy import Policy

HEAD = """# Configuration

Where things run is said by environment variables, read once at the start of each process. One that is
unknown or has a value that cannot be stops the start with a sentence that names it. `rounds config` shows
what is in force, passwords left out. What is clinical is no setting but policy, below: two people change it,
and every decision names its version.

This page is made from the code: `python -m rounds.configuration_page > docs/configuration.md`.

## Settings

| variable | what | type | default |
| --- | --- | --- | --- |
"""
BETWEEN = """
Beside them the usual AWS variables (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`) are read for
the object store where ours are not set, and `PGPASSWORD` or a `passfile` by Postgres' own client.

## Policy

`rounds policy show` gives the version in force; `rounds policy propose` asks for another, which a second
person approves.

| policy | what | type | default |
| --- | --- | --- | --- |
"""


def render() -> str:
    """The whole page."""
    settings = "".join(
        _row(f"`{PREFIX}{name.upper()}`", field) for name, field in Settings.model_fields.items()
    )
    policy = "".join(_row(f"`{name}`", field) for name, field in _fields(Policy))
    return HEAD + settings + BETWEEN + policy


def _fields(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field by the dotted name under which it is changed."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}", field


def _row(name: str, field: FieldInfo) -> str:
    what = (field.description or name.strip("`").replace("_", " ")).replace("|", "\\|")
    return f"| {name} | {what} | {_type(field.annotation)} | {_default(field.default)} |\n"


def _type(annotation: object) -> str:
    """What a person would call it."""
    parts = [one for one in typing.get_args(annotation) if one is not type(None) and one is not Ellipsis]
    if typing.get_origin(annotation) is tuple:
        return f"list of {_type(parts[0])}"
    if parts:
        return _type(parts[0])
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
    if isinstance(annotation, type):
        return names.get(annotation, "text" if not issubclass(annotation, Enum) else "word")
    return "text"


def _default(value: object) -> str:
    if value is None or value is PydanticUndefined or value == "":
        return "–"
    if isinstance(value, tuple):
        return ", ".join(f"{one:g}" for one in value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str | Path) else _number(value)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else type(value).__name__


if __name__ == "__main__":
    sys.stdout.write(render())
