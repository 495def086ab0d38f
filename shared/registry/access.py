"""What each service may do in the database: all that `rounds_app` may, but for what is none of its business.

The rights are written anew by every migration from those of `rounds_app`, so that a table which is made
tomorrow is open tomorrow, and what is named here stays closed.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import text
from sqlalchemy.engine import Connection

APP_ROLE = "rounds_app"


class DatabaseRole(StrEnum):
    """Who a process is to the database; the relay, beat and the command line are `APP`."""

    APP = APP_ROLE
    API = "rounds_api"
    COLLECTION = "rounds_collection"
    TRAINING = "rounds_training"
    DEPLOYER = "rounds_deployer"


READ, ADD, ALTER, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"
CLOSED = frozenset({READ, ADD, ALTER, REMOVE})
READ_ONLY = CLOSED - {READ}
NONE_MADE = frozenset({ADD, REMOVE})  # its state may move

# Originals and what leads back to a patient: for the collection alone.
_ORIGINALS = ("dicom_objects", "dicom_uids", "person_words", "source_resources", "surrogates")
_ENTRY = ("api_keys", "emergencies", "idempotency_keys", "second_factors")
_NOT_OURS = (*_ENTRY, "collection_chunks", "person_identities", "testimonies")
_DATASETS = ("dataset_members", "dataset_versions")
_TRAININGS = ("base_models", "job_attempts", "job_metrics", "trials")
_JUDGEMENTS = ("gate_decisions", "model_performance", "release_decisions", "silent_scores")
_RELEASES = ("approvals", "policies", "policy_proposals", "traffic_plans")
_SEALS = ("audit_checkpoints", "audit_seals")


def _denied(verbs: frozenset[str], *tables: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(tables, verbs)


DENIED: Mapping[DatabaseRole, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        DatabaseRole.API: _denied(CLOSED, *_ORIGINALS)
        | _denied(
            READ_ONLY, *_DATASETS, *_TRAININGS, *_JUDGEMENTS, *_SEALS, "case_pictures", "monitor_windows"
        )
        | _denied(
            NONE_MADE, "api_keys", "deid_reports", "model_versions", "second_factors", "validated_cases"
        ),
        DatabaseRole.COLLECTION: _denied(CLOSED, *_ENTRY)
        | _denied(READ_ONLY, *_TRAININGS, *_JUDGEMENTS, *_RELEASES, *_SEALS, "evidence_records")
        | _denied(NONE_MADE, "model_versions", "predictions"),
        DatabaseRole.TRAINING: _denied(CLOSED, *_ORIGINALS, *_NOT_OURS)
        | _denied(READ_ONLY, *_DATASETS, *_JUDGEMENTS, *_RELEASES, *_SEALS, "deid_reports", "outcomes")
        | _denied(READ_ONLY, "persons", "predictions", "validated_cases"),
        DatabaseRole.DEPLOYER: _denied(CLOSED, *_ORIGINALS, *_NOT_OURS)
        | _denied(READ_ONLY, *_DATASETS, *_TRAININGS, *_SEALS, "deid_reports", "outcomes", "persons")
        | _denied(NONE_MADE, "model_versions", "predictions", "validated_cases"),
    }
)

_MAKE = "DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
_OURS = "DO $$ BEGIN EXECUTE format('GRANT {role} TO %I', current_user); END $$"
_RIGHTS = text(
    "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
    "WHERE grantee = :app AND table_schema = 'public' ORDER BY table_name, privilege_type"
).bindparams(app=APP_ROLE)


def grant(connection: Connection) -> None:
    """Write the rights of every service anew, as the owner of the tables; `rounds_app` keeps its own."""
    rights = [(str(row.table_name), str(row.privilege_type)) for row in connection.execute(_RIGHTS)]
    for role in DENIED:
        for statement in _statements(role, rights):
            connection.execute(text(statement))


def make_roles(connection: Connection) -> None:
    """Make every role that is not there yet: a new server knows none, and a dump names them all."""
    for role in DatabaseRole:
        for statement in (_MAKE, _OURS):
            connection.execute(text(statement.format(role=role)))


def may(role: DatabaseRole, table: str, verb: str) -> bool:
    """Whether the table of rights leaves this to the role."""
    return verb not in DENIED.get(role, {}).get(table, frozenset())


def _statements(role: DatabaseRole, rights: list[tuple[str, str]]) -> Iterator[str]:
    yield _MAKE.format(role=role)
    yield _OURS.format(role=role)
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    for table, verb in rights:
        if may(role, table, verb):
            yield f"GRANT {verb} ON {table} TO {role}"
