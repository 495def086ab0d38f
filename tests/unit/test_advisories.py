import json

import pytest

from rounds.advisories import NoAdvisoriesError, bill_of_materials, installed, read, warned


def advisory(name="jinja2", *, events=(), versions=(), ecosystem="PyPI", **more):
    package = {"ecosystem": ecosystem, "name": name}
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    affected = [{"package": package, "ranges": ranges, "versions": list(versions)}]
    return {"id": "X-1", "summary": "bad", "affected": affected} | more


@pytest.mark.parametrize(
    ("version", "given", "hit"),
    [
        ("3.1.2", {"events": [{"introduced": "0"}, {"fixed": "3.1.3"}]}, True),
        ("3.1.3", {"events": [{"introduced": "0"}, {"fixed": "3.1.3"}]}, False),
        ("3.1.10", {"events": [{"introduced": "3.1.2"}, {"fixed": "3.1.9"}]}, False),
        ("3.1.10", {"events": [{"introduced": "3.1.2"}, {"last_affected": "3.1.10"}]}, True),
        ("3.1.1", {"events": [{"introduced": "3.1.2"}, {"fixed": "3.2"}]}, False),
        ("4.0", {"events": [{"introduced": "0"}, {"fixed": "3"}, {"introduced": "4"}, {"fixed": "5"}]}, True),
        (
            "3.5",
            {"events": [{"introduced": "0"}, {"fixed": "3"}, {"introduced": "4"}, {"fixed": "5"}]},
            False,
        ),
        ("3.1.2", {"versions": ["3.1.2"]}, True),
        ("3.1.2", {"versions": ["3.1.1"]}, False),
        ("3.1.2", {"events": [{"introduced": "0"}], "ecosystem": "npm"}, False),
        ("3.1.2", {"events": [{"introduced": "0"}], "withdrawn": "2026-01-01T00:00:00Z"}, False),
        ("3.1.2", {"events": [{"introduced": "0"}], "name": "Jinja2"}, True),
        ("what?", {"events": [{"introduced": "0"}]}, True),
    ],
)
def test_a_version_is_named_when_an_advisory_is_about_it(version, given, hit):
    assert bool(list(warned({"jinja2": version}, [advisory(**given)]))) is hit


def test_a_file_is_an_object_an_array_or_lines_of_them(tmp_path):
    path, one = tmp_path / "a.json", advisory(events=[{"introduced": "0"}])
    for text in (json.dumps(one), json.dumps([one, one]), f"{json.dumps(one)}\n{json.dumps(one)}\n"):
        path.write_text(text)
        assert read(path)[0]["id"] == "X-1"
    for text in ("", "[]", "{}", "nonsense", '[{"id": 1}]'):
        path.write_text(text)
        with pytest.raises(NoAdvisoriesError):
            read(path)


def test_the_bill_names_what_is_installed():
    named = {part["name"]: part["version"] for part in bill_of_materials("now")["components"]}
    assert named["flask"] == installed()["flask"]
