"""`rounds deidentify`: the line protocol through the real command, and a folder into a folder."""

import json
import subprocess
import sys
import time

import pytest

from rounds.main import run

COMMAND = (sys.executable, "-m", "rounds.main", "deidentify")


def ask(lines, *options):
    sent = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    done = subprocess.run((*COMMAND, *options), input=sent, capture_output=True, timeout=60, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done


def test_every_line_is_answered_in_order_and_a_broken_one_costs_itself():
    answers, done = ask(
        [
            {"id": "a", "text": "Mrs Quillory has a cough.", "known": {"name": "Marta Quillory"}},
            b"\xff\xfe broken\n",
            {"id": "c"},
            {"id": "d", "text": "half a pair: \ud800, seen by Dr. Ann Frost"},
            {"id": "e", "text": "x" * 200_001},
            {"id": 6, "text": "BP 120/80."},
        ]
    )
    assert done.returncode == 0, done.stderr
    assert [answer["id"] for answer in answers] == ["a", None, "c", "d", "e", 6]
    assert ["error" in answer for answer in answers] == [False, True, True, False, True, False]
    assert all("text" not in answer for answer in answers if "error" in answer)
    assert answers[0] == {
        "id": "a",
        "text": "[NAME] has a cough." if answers[0]["spans"][0]["start"] == 0 else "Mrs [NAME] has a cough.",
        "spans": answers[0]["spans"],
    }
    assert "Frost" not in answers[3]["text"]
    assert answers[5]["text"] == "BP 120/80."


def test_an_answer_comes_before_the_next_question():
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "text": "cough"}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_a_doubted_note_says_where_and_is_marked():
    answers, _ = ask([{"id": 1, "text": "Pt known as the mayor of the town, stable."}])
    assert answers[0]["quarantine"] is True
    places = [(one["start"], one["end"], one["rule"]) for one in answers[0]["doubts"]]
    assert any(rule == "unique_person" and end > start for start, end, rule in places)


def test_surrogates_and_policy_come_from_the_options(tmp_path):
    known = {"name": "Marta Quillory", "mrn": "7741902"}
    lines = [{"id": n, "text": "Marta Quillory, MRN 7741902, is well.", "known": known} for n in range(2)]
    answers, _ = ask(lines, "--surrogates")
    assert answers[0]["text"] == answers[1]["text"]
    assert "[" not in answers[0]["text"] and "Quillory" not in answers[0]["text"]
    (tmp_path / "policy.toml").write_text('dates = "expert_shift"\n')
    _, refused = ask(lines, "--policy", str(tmp_path / "policy.toml"))
    assert refused.returncode == 2
    assert b"determination" in refused.stderr and b"Traceback" not in refused.stderr


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "in"
    (folder / "ward").mkdir(parents=True)
    (folder / "Quillory, Marta.txt").write_text("Seen by Dr. Ann Frost. Cough for 3 days.")
    (folder / "ward" / "day.jsonl").write_text(
        json.dumps({"id": "MRN 7", "text": "Mrs Quillory is well.", "known": {"name": "Marta Quillory"}})
        + "\nno json\n"
        + json.dumps({"text": "the mayor of the town"})
    )
    (folder / "table.csv").write_text('name,mrn,text\nMarta Quillory,7741902,"Quillory: 7741902, well"\n')
    (folder / "broken.txt").write_bytes(b"caf\xe9 \xff")
    (folder / "other.bin").write_bytes(b"\0")
    return folder


def texts(folder):
    return sorted(path.read_text() for path in folder.iterdir())


def test_a_folder_goes_into_another_under_names_that_say_nothing(notes, tmp_path, capfd):
    out = tmp_path / "out"
    code = run(["deidentify", "--in", str(notes), "--out", str(out), "--json"])
    told = json.loads(capfd.readouterr().out)
    assert code == 1  # one file was no text
    assert told == {
        "files": 4, "skipped": 0, "failed": 1, "notes": 5, "released": 3, "held": 2,
    }  # fmt: skip
    written = {path.name: path.read_text() for path in out.iterdir()}
    assert len(written) == 3
    whole = json.dumps(written)
    for secret in ("Quillory", "quillory", "Marta", "Frost", "7741902", "ward", "mayor", "MRN 7"):
        assert secret not in whole
    ledger = (notes / ".rounds-deidentify" / "files.jsonl").read_text()
    assert "Quillory, Marta.txt" in ledger and "not_utf8" in ledger and "unique_person" in ledger
    assert (notes / ".rounds-deidentify" / "files.jsonl").stat().st_mode & 0o077 == 0


def test_a_second_run_does_only_what_is_left_and_a_changed_file_again(notes, tmp_path, capfd):
    out = tmp_path / "out"
    run(["deidentify", "--in", str(notes), "--out", str(out)])
    (notes / "broken.txt").write_text("Cough.")
    time.sleep(0.01)
    (notes / "Quillory, Marta.txt").write_text("No cough any more.")
    capfd.readouterr()
    assert run(["deidentify", "--in", str(notes), "--out", str(out), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["files"], told["skipped"], told["failed"]) == (4, 2, 0)
    assert len(list(out.iterdir())) == 4
    assert "No cough any more." in texts(out)


def test_a_folder_within_itself_or_under_another_policy_is_refused(notes, tmp_path, capfd):
    assert run(["deidentify", "--in", str(notes), "--out", str(notes / "out")]) == 2
    assert run(["deidentify", "--in", str(notes)]) == 2
    assert run(["deidentify", "--in", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    run(["deidentify", "--in", str(notes), "--out", str(tmp_path / "out")])
    assert run(["deidentify", "--in", str(notes), "--out", str(tmp_path / "out"), "--surrogates"]) == 1
    assert "another policy" in capfd.readouterr().err
