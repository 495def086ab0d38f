"""The bills of materials that a wheel carries: from the lock files, whole, the same every time."""

import json
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from rounds.bills import of_package_lock, of_requirements, write
from rounds.wheelhouse import write_list
from shared.errors import ConflictError, NotFoundError

ROOT = Path(__file__).parents[2]
LOCK = """alpha==1.0 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
beta[extra]==2.0.post1 ; python_version < "4" \\
    --hash=sha256:{c}
""".format(a="a" * 64, b="b" * 64, c="c" * 64)


def test_every_pin_is_listed_with_all_of_its_hashes():
    alpha, beta, torch = of_requirements(LOCK, unlocked={"torch": "2.13.0"})["components"]
    assert (alpha["purl"], beta["purl"]) == ("pkg:pypi/alpha@1.0", "pkg:pypi/beta@2.0.post1")
    assert [one["content"] for one in alpha["hashes"]] == ["a" * 64, "b" * 64]
    assert [one["content"] for one in beta["hashes"]] == ["c" * 64]
    assert "hashes" not in torch


def test_an_npm_package_is_listed_by_its_own_name_and_says_whether_it_is_shipped():
    packages = {
        "": {"name": "pages"},
        "node_modules/@scope/one": {"version": "1.0.0", "integrity": "sha512-AAAA", "license": "MIT"},
        "node_modules/two/node_modules/three": {"version": "2.0.0", "dev": True},
    }
    three, one = sorted(
        of_package_lock({"packages": packages})["components"], key=lambda part: part["version"], reverse=True
    )
    assert one["purl"] == "pkg:npm/%40scope/one@1.0.0"
    assert one["hashes"] == [{"alg": "SHA-512", "content": "000000"}]
    assert (one["scope"], three["scope"]) == ("required", "excluded")
    assert three["name"] == "three"


def test_the_bills_of_this_checkout_hold_every_lock_line(tmp_path):
    for part in ("Makefile", "requirements/runtime.txt", "dashboard/package-lock.json"):
        place = tmp_path / part
        place.parent.mkdir(exist_ok=True)
        place.write_bytes((ROOT / part).read_bytes())
    (tmp_path / "rounds").mkdir()
    write(tmp_path)
    python = json.loads((tmp_path / "rounds" / "bill" / "python.cdx.json").read_text())
    npm = json.loads((tmp_path / "rounds" / "bill" / "npm.cdx.json").read_text())
    pins = [line for line in (ROOT / "requirements" / "runtime.txt").read_text().splitlines() if "==" in line]
    assert len(python["components"]) == len(pins) + 1, "and torch"
    assert {canonicalize_name(part["name"]) for part in python["components"]} >= {"torch", "celery", "flask"}
    assert (
        len(npm["components"])
        == len(json.loads((ROOT / "dashboard" / "package-lock.json").read_text())["packages"]) - 1
    )


def test_a_folder_of_wheels_is_named_file_by_file(tmp_path):
    (tmp_path / "One_Thing-1.0-py3-none-any.whl").write_bytes(b"wheel")
    assert write_list(tmp_path) == 1
    line = (tmp_path / "requirements.txt").read_text()
    assert line.startswith("one-thing==1.0 --hash=sha256:") and len(line.split(":")[1].strip()) == 64


def test_two_wheels_of_one_package_are_refused(tmp_path):
    for version in ("1.0", "2.0"):
        (tmp_path / f"one-{version}-py3-none-any.whl").write_bytes(b"")
    with pytest.raises(ConflictError, match="two wheels of one"):
        write_list(tmp_path)


def test_a_folder_without_wheels_is_refused(tmp_path):
    with pytest.raises(NotFoundError, match="holds no wheel"):
        write_list(tmp_path)
