"""Which installed packages a carried-in list of advisories warns of, and the bill of materials.

Sources: OSV schema 1.6 (ossf.github.io/osv-schema), CycloneDX 1.6.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from shared.errors import InvalidInputError


@dataclass(frozen=True)
class Warned:
    """One installed package that one advisory is about."""

    package: str
    version: str
    advisory: str
    summary: str
    fixed_in: str | None


class NoAdvisoriesError(InvalidInputError):
    """The file holds no advisories."""

    code = "no_advisories"


def read(path: Path) -> list[dict[str, Any]]:
    """Advisories from a file: one JSON object, an array of them, or one a line.

    Raises:
        NoAdvisoriesError: it holds none, or something else.
    """
    text = path.read_text(encoding="utf-8")
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            found = None
    rows = found if isinstance(found, list) else [found]
    if not rows or not all(isinstance(row, dict) and "id" in row and "affected" in row for row in rows):
        raise NoAdvisoriesError(
            f"{path} holds no advisories", field="advisories", fix="give OSV records as JSON or JSON lines"
        )
    return rows


def installed() -> dict[str, str]:
    """The version of every installed distribution, by its normalised name."""
    return {_normal(one.name): one.version for one in distributions() if one.name}


def warned(present: Mapping[str, str], advisories: Iterable[Mapping[str, Any]]) -> Iterator[Warned]:
    """What is installed in a version that an advisory names."""
    for advisory in advisories:
        if advisory.get("withdrawn"):
            continue
        for affected in advisory["affected"]:
            package = affected.get("package", {})
            name = _normal(str(package.get("name", "")))
            if str(package.get("ecosystem", "")).lower() != "pypi" or name not in present:
                continue
            hit, fixed = _hit(present[name], affected)
            if hit:
                summary = str(advisory.get("summary") or advisory.get("details") or "").split("\n")[0]
                yield Warned(name, present[name], str(advisory["id"]), summary[:200], fixed)


def bill_of_materials(now: str) -> dict[str, Any]:
    """Every installed distribution with its licence, as CycloneDX has it."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": now, "component": {"type": "application", "name": "rounds"}},
        "components": sorted(
            (_component(one) for one in distributions() if one.name), key=lambda part: str(part["purl"])
        ),
    }


def _component(one: Distribution) -> dict[str, Any]:
    name = _normal(one.name)
    told = [one.metadata[field] for field in ("License-Expression", "License") if field in one.metadata]
    licence = next((words for words in told if words), "")
    part: dict[str, Any] = {"type": "library", "name": name, "version": one.version}
    part["purl"] = f"pkg:pypi/{name}@{one.version}"
    if licence and len(licence) < 100:
        part["licenses"] = [{"license": {"name": licence}}]
    return part


def _hit(version: str, affected: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Whether the version is one of those named, and the first that is not any more."""
    fixed: str | None = None
    hit = version in affected.get("versions", ())
    for ranged in affected.get("ranges", ()):
        if ranged.get("type") not in ("ECOSYSTEM", "SEMVER"):
            continue
        within, end = _within(version, ranged.get("events", ()))
        hit, fixed = hit or within, end or fixed
    return hit, fixed


def _within(version: str, events: Iterable[Mapping[str, str]]) -> tuple[bool, str | None]:
    """Events in order of version switch the range on and off.

    A version that cannot be read is taken for hit: to warn too often is the lesser fault.
    """
    try:
        here, inside, fixed = Version(version), False, None
        for event in events:
            if "introduced" in event:
                start = event["introduced"]
                inside = inside or start == "0" or here >= Version(start)
            elif "fixed" in event:
                fixed = event["fixed"]
                inside = inside and here < Version(fixed)
            elif "last_affected" in event:
                inside = inside and here <= Version(event["last_affected"])
    except InvalidVersion:
        return True, None
    return inside, fixed


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
