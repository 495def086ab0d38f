"""The sample clinic against its gold answers, in SQLite and in Postgres, and no identifier anywhere else."""

import json
import time

import psycopg2
import pytest
from sqlalchemy import text

from bench.collection import against_gold, load_sqlite, run_over

READER = "clinic_reader"


@pytest.fixture
def folder(test_data):
    return test_data / "clinic-samples" / "clinic"


@pytest.fixture
def postgres_clinic(folder, postgres_server):
    """The clinic in a Postgres database of its own, with a role that may only read."""
    place = {"host": str(postgres_server.sockets), "user": "rounds"}
    admin = psycopg2.connect(**place, dbname="postgres")
    admin.autocommit = True
    admin.cursor().execute("CREATE DATABASE clinic")
    clinic = psycopg2.connect(**place, dbname="clinic")
    with clinic, clinic.cursor() as cursor:
        cursor.execute((folder / "clinic.sql").read_text())
        cursor.execute(f"CREATE ROLE {READER} LOGIN")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
    clinic.close()
    yield f"postgresql://{READER}@/clinic?host={postgres_server.sockets}"
    admin.cursor().execute("DROP DATABASE clinic WITH (FORCE)")
    admin.cursor().execute(f"DROP ROLE {READER}")
    admin.close()


def collected(url, folder, deps):
    began = time.perf_counter()
    answer = run_over(url, deps)
    return against_gold(folder, deps, answer=answer, seconds=time.perf_counter() - began)


def test_the_clinic_is_collected_as_its_gold_answers_say(deps, folder, tmp_path):
    score = collected(f"sqlite:///{load_sqlite(folder, tmp_path)}", folder, deps)
    assert score.faults == []
    gold = json.loads((folder / "gold.json").read_text())
    stored = everything_in(deps)
    for words in {words for plan in gold["plans"] for words in plan["phi"] if " " in words or "@" in words}:
        assert words.casefold() not in stored, words


def test_the_same_clinic_in_postgres_gives_the_same(deps, folder, postgres_clinic):
    assert collected(postgres_clinic, folder, deps).faults == []


def everything_in(deps) -> str:
    """All the registry as text, but the validators, who are staff and stand there by name."""
    with deps.sessions() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'validators'")
        ).all()
        rows = [session.execute(text(f'SELECT t::text FROM "{table}" t')).scalars().all() for table in tables]
    return "\n".join(row for table in rows for row in table).casefold()
