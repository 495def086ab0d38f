"""The bills of materials that every wheel of Rounds carries: what it runs on and what its pages are built of.

`python -m rounds.bills` writes them from the lock files, so that they are the same on every machine.
Source: CycloneDX 1.6.
"""

import base64
import json
import re
import sys
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from shared.errors import NotFoundError

FOLDER = "bill"
BILLS = {"python": "python.cdx.json", "npm": "npm.cdx.json"}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_ALGORITHMS = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def of_requirements(lock: str, *, unlocked: Mapping[str, str]) -> dict[str, Any]:
    """The bill of a pip lock file; `unlocked` packages have a version and no hash."""
    pins = list(_PIN.finditer(lock))
    ends = [pin.start() for pin in pins[1:]] + [len(lock)]
    locked = (
        _component(f"pkg:pypi/{pin[1].lower()}@{pin[2]}", (pin[1], pin[2]), _hashes(lock[pin.end() : end]))
        for pin, end in zip(pins, ends, strict=True)
    )
    bare = (
        _component(f"pkg:pypi/{name}@{version}", (name, version), []) for name, version in unlocked.items()
    )
    return _bill([*locked, *bare])


def of_package_lock(lock: Mapping[str, Any]) -> dict[str, Any]:
    """The bill of an npm lock file: what the pages are made of, and what builds them as `excluded`."""
    found = []
    for place, package in lock["packages"].items():
        if not place:
            continue
        name = place.rpartition("node_modules/")[2]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
        part = _component(purl, (name, package["version"]), _integrity(package.get("integrity", "")))
        part["scope"] = "excluded" if package.get("dev") or package.get("devOptional") else "required"
        if "license" in package:
            part["licenses"] = [{"license": {"name": package["license"]}}]
        found.append(part)
    return _bill(found)


def shipped(kind: str) -> dict[str, Any]:
    """A bill of this installation: `python` or `npm`.

    Raises:
        NotFoundError: this is a checkout, whose bills are written when its wheel is built.
    """
    place = files("rounds").joinpath(FOLDER, BILLS[kind])
    if not place.is_file():
        raise NotFoundError("a checkout carries no bill of materials", field="kind", fix="`make wheelhouse`")
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def write(root: Path) -> None:
    """Write both bills of the checkout at `root` to where its wheel takes them from."""
    folder = root / "rounds" / FOLDER
    folder.mkdir(exist_ok=True)
    torch = re.search(r"torch==([\w.]+)", (root / "Makefile").read_text())
    assert torch is not None, "the Makefile pins torch"
    runtime = (root / "requirements" / "runtime.txt").read_text()
    packages = json.loads((root / "dashboard" / "package-lock.json").read_text())
    bills = {
        "python": of_requirements(runtime, unlocked={"torch": torch[1]}),
        "npm": of_package_lock(packages),
    }
    for kind, bill in bills.items():
        (folder / BILLS[kind]).write_text(json.dumps(bill, indent=1) + "\n")


def _bill(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "rounds"}},
        "components": sorted(parts, key=lambda part: str(part["purl"])),
    }


def _component(purl: str, named: tuple[str, str], hashes: list[dict[str, str]]) -> dict[str, Any]:
    name, version = named
    part: dict[str, Any] = {"type": "library", "name": name, "version": version, "purl": purl}
    if hashes:
        part["hashes"] = hashes
    return part


def _hashes(lines: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": found} for found in _HASH.findall(lines)]


def _integrity(told: str) -> list[dict[str, str]]:
    """Subresource integrity, which npm's lock has, as hexadecimal digests."""
    parts = [one.split("-", 1) for one in told.split()]
    return [
        {"alg": _ALGORITHMS[name], "content": base64.b64decode(value).hex()}
        for name, value in parts
        if name in _ALGORITHMS
    ]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
