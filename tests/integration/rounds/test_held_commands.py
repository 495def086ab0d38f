"""`rounds cases held|answer` and `rounds deidentify --recheck` on a site of their own."""

import json

import pytest

from rounds.main import run
from shared.domain.cycle import CaseState
from shared.registry.tables import DeidReport
from shared.vault import open_vault
from tests.factories import NOW, a_case, add

TEXT = "Cough with sputum. Husband said that Wanjiru drives."


@pytest.fixture
def cli(settings, capsys, monkeypatch):
    monkeypatch.setenv("ROUNDS_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ROUNDS_BROKER_URL", settings.broker_url)

    def command(*arguments):
        code = run(["--home", str(settings.root), *arguments, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else said.err

    return command


@pytest.fixture
def held(settings, sessions):
    vault, start = open_vault(settings.secret_file), TEXT.index("Wanjiru")
    with sessions.begin() as session:
        case = a_case(
            session,
            deidentified=False,
            state=CaseState.NEEDS_REVIEW,
            review_reasons=["deid_quarantine"],
            input_sealed=vault.seal(TEXT.encode(), "case"),
        )
        details = {"doubts": [[start, start + 7, "name"]]}
        add(
            session,
            DeidReport(
                case_id=case.id, engine="rules-0", policy="safe_harbor", spans={}, created_at=NOW,
                verdict="quarantine", reasons=["name"], details=details,
            ),
        )  # fmt: skip
    return str(case.id)


def test_a_held_case_is_listed_and_answered(cli, held):
    code, rows = cli("cases", "held")
    [row] = rows
    assert (code, row["case_id"], row["doubts"][0]["rule"]) == (0, held, "name")
    assert "Wanjiru" not in json.dumps(rows)
    span = f"{row['doubts'][0]['start']}:{row['doubts'][0]['end']}:NAME"
    assert cli("cases", "answer", held, "--identifier", "--span", span) == (
        0, {"case_id": held, "state": "validated"},
    )  # fmt: skip
    assert cli("cases", "held") == (0, [])


def test_a_wrong_answer_is_refused_with_a_way_out(cli, held):
    for wrong in (("no-id", "--no-identifier"), (held, "--identifier", "--span", "a:b")):
        code, said = cli("cases", "answer", *wrong)
        assert code == 2 and "fix" in said
    assert cli("cases", "answer", held, "--no-identifier")[0] == 0
    assert cli("cases", "answer", held, "--no-identifier")[0] == 1  # nobody asks any more


def test_a_recheck_says_what_it_looked_at(cli, held):
    code, told = cli("deidentify", "--recheck")
    assert (code, told["looked_at"], told["held"], told["released"]) == (0, 1, 1, 0)
