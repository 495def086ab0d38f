"""What a stolen service can do in the database: every role by every table and verb."""

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege, InvalidParameterValue
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from shared.registry.access import CLOSED, DENIED, DatabaseRole, may
from tests.factories import NOW, a_dataset, a_version

APPEND_ONLY = (
    "audit_checkpoints", "audit_events", "audit_seals", "dataset_members", "dataset_versions",
    "evidence_records", "gate_decisions", "model_performance", "outcomes", "policies", "predictions",
    "release_decisions",
    "silent_scores", "traffic_plans",
)  # fmt: skip
ATTACKS = [
    (DatabaseRole.API, "SELECT sealed FROM source_resources"),
    (DatabaseRole.API, "SELECT * FROM surrogates"),
    (
        DatabaseRole.API,
        "INSERT INTO api_keys (name, prefix, sha256, roles, created_at) SELECT 'x','x','','[]',now()",
    ),
    (DatabaseRole.API, "UPDATE gate_decisions SET verdict = 'pass'"),
    (DatabaseRole.API, "INSERT INTO audit_seals (position, seq, hash) VALUES (1, 1, '')"),
    (DatabaseRole.TRAINING, "SELECT lookup FROM person_identities"),
    (DatabaseRole.TRAINING, "SELECT sha256 FROM api_keys"),
    (DatabaseRole.TRAINING, "UPDATE persons SET split = 'training'"),
    (DatabaseRole.TRAINING, "INSERT INTO traffic_plans DEFAULT VALUES"),
    (DatabaseRole.DEPLOYER, "SELECT * FROM testimonies"),
    (DatabaseRole.DEPLOYER, "UPDATE outcomes SET label = 'x'"),
    (DatabaseRole.DEPLOYER, "INSERT INTO dataset_members DEFAULT VALUES"),
    (DatabaseRole.COLLECTION, "INSERT INTO traffic_plans DEFAULT VALUES"),
    (DatabaseRole.COLLECTION, "UPDATE model_performance SET accuracy = 1"),
    (DatabaseRole.COLLECTION, "SELECT * FROM api_keys"),
]


@pytest.fixture
def ask(session):
    """Asks Postgres whether a role holds a right."""
    statement = text("SELECT has_table_privilege(:role, :table, :verb)")
    return lambda role, table, verb: session.scalar(
        statement, {"role": str(role), "table": table, "verb": verb}
    )


def test_every_right_is_as_the_table_says(session, ask):
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    assert len(tables) > 50
    for table in tables:
        for verb in sorted(CLOSED):
            common = ask(DatabaseRole.APP, table, verb)
            for role in DENIED:
                assert ask(role, table, verb) is (common and may(role, table, verb)), f"{role} {verb} {table}"


def test_what_is_denied_names_tables_that_exist(session):
    tables = set(session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    assert {table for denied in DENIED.values() for table in denied} <= tables


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_nobody_rewrites_history(ask, table):
    for role in DatabaseRole:
        assert not any(ask(role, table, verb) for verb in ("UPDATE", "DELETE", "TRUNCATE")), f"{role} {table}"


@pytest.mark.parametrize(("role", "statement"), ATTACKS, ids=lambda value: str(value)[:40])
def test_a_stolen_service_is_told_no(sessions_as, role, statement):
    with sessions_as(role)() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(statement))


def test_no_service_makes_a_role_or_a_function_of_the_owner_s(sessions_as):
    for role in DENIED:
        for statement in ("CREATE TABLE mine (x int)", "ALTER TABLE audit_events DISABLE TRIGGER ALL"):
            with sessions_as(role)() as session, pytest.raises(ProgrammingError):
                session.execute(text(statement))


def test_a_login_of_one_service_cannot_become_another(postgres_server, postgres_url):
    where = {"host": str(postgres_server.sockets), "dbname": make_url(postgres_url).database}
    owner = psycopg2.connect(**where, user="rounds")
    owner.autocommit = True
    owner.cursor().execute("DROP ROLE IF EXISTS stolen_api; CREATE ROLE stolen_api LOGIN IN ROLE rounds_api")
    try:
        thief = psycopg2.connect(**where, user="stolen_api", options="-c role=rounds_api")
        thief.autocommit = True
        with thief.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM model_versions")
            for role in ("rounds_app", "rounds_training", "rounds"):
                with pytest.raises((InsufficientPrivilege, InvalidParameterValue)):
                    cursor.execute(f"SET ROLE {role}")
        thief.close()
    finally:
        owner.cursor().execute("DROP ROLE stolen_api")
        owner.close()


def test_a_version_that_the_api_knows_keeps_its_bytes(sessions, sessions_as):
    with sessions.begin() as session:
        name, data = a_version(session).name, a_dataset(session, sealed_at=NOW).name
    with sessions_as(DatabaseRole.API)() as session:
        change = text("UPDATE model_versions SET digest = 'evil' WHERE name = :name")
        with pytest.raises(Exception, match="append-only"):
            session.execute(change, {"name": name})
        session.rollback()
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("DELETE FROM dataset_versions WHERE name = :name"), {"name": data})
