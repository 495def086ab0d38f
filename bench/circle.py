"""A full circle over a clinic, and which of its forbidden strings stand anywhere afterwards: none may.

`python -m bench.circle [FOLDER]`; the folder holds clinic.sql, gold.json and withdrawals.csv, by default
those of ROUNDS_TEST_DATA. A stack of its own collects, seals, trains, judges, exports and withdraws; then
every table, every key of the broker, every log, export, adapter and mail is searched. Who works there may
stand in the table of validators and nowhere else.
"""

import csv
import json
import os
import sqlite3
import sys
from pathlib import Path

from bench.figures import at_most, keep
from bench.leaving import everywhere, found
from rounds.demo_stack import DemoStack
from rounds.demo_tell import Teller
from shared.config import PREFIX, load_settings

_STAFF = "table validators"
FORMATS = ("jsonl", "csv", "chat", "alpaca", "parquet")


def main(arguments: list[str]) -> int:
    """Turn the circle and search; 1 when anything is found."""
    data = Path(os.environ.get(f"{PREFIX}TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    folder = Path(arguments[0]) if arguments else data / "clinic-samples" / "clinic"
    if not (folder / "clinic.sql").is_file():
        print(f"skipped: there is no clinic at {folder}")
        return 0
    with DemoStack(port_base=None, keep=False, teller=Teller()) as stack:
        model = turn(stack, folder)
        mails = [("mail", f"{mail.subject} {mail.to}") for mail in stack.mail.mails]
        places = [*everywhere(load_settings(home=stack.home), but=("clinic.db",)), *mails]
    gold = json.loads((folder / "gold.json").read_text())
    staff = set(gold["staff_strings"])
    forbidden = staff.union(*(plan["phi"] for plan in gold["plans"]))
    hits = found(forbidden, [place for place in places if place[0] != _STAFF])
    patients = {one for one in forbidden if not any(one.casefold() in name.casefold() for name in staff)}
    hits |= found(patients, [place for place in places if place[0] == _STAFF])
    for place, strings in sorted(hits.items()):
        print(f"{place}: {len(strings)} forbidden strings")
    _record(hits, len(forbidden), searched=len(places))
    print(f"{model}: {len(forbidden)} strings sought in {len(places)} places, {len(hits)} places hold some")
    return 1 if hits else 0


def turn(stack: DemoStack, folder: Path) -> str:
    """Collect, seal, train, export every format and withdraw; the name of the version that was made."""
    clinic = stack.home / "clinic.db"
    with sqlite3.connect(clinic) as database:
        database.executescript((folder / "clinic.sql").read_text())
    stack.command(
        "source", "add", "clinic", "--kind", "sql", "--url", f"sqlite:///{clinic}", "--mapping", "clinic"
    )
    stack.command("collect", "--source", "clinic", "--wait")
    sealed = stack.command("dataset", "seal", "--model-type", "diagnosis")["dataset_version"]
    trained = stack.command("train", "--model-type", "diagnosis", "--dataset", sealed, "--wait")
    for form in FORMATS:
        out = str(stack.home / f"export.{form}")
        stack.command("dataset", "export", sealed, "--format", form, "--out", out)
    for person in withdrawn(folder):
        stack.command("withdraw", "--person", person)
    return str(trained["model_version"])


def withdrawn(folder: Path) -> list[str]:
    """Whose consent was taken back, as the clinic knows them."""
    path = folder / "withdrawals.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [next(iter(row.values())) for row in rows]


def _record(hits: dict[str, set[str]], sought: int, *, searched: int) -> None:
    left = len(set().union(*hits.values())) if hits else 0
    key = "forbidden strings anywhere after a full circle"
    keep("circle", [at_most(key, left, "strings", goal=0)], sought=sought, places=searched)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
