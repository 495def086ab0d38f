"""What a role may do to a clinic's Postgres: Rounds reads with one that can change nothing."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

from shared.errors import ForbiddenError

# Every role that the connection is, or may become by SET ROLE.
_ROLES = "SELECT oid, rolname, rolsuper, rolcreaterole FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')"
_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg_temp%'"
_TABLES = f"""
SELECT r.rolname, n.nspname || '.' || c.relname FROM ({_ROLES}) r
CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {_OURS}
  AND (c.relowner = r.oid OR has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
       OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE'))
LIMIT 1
"""  # noqa: S608 - constants
_SEQUENCES = f"""
SELECT r.rolname, n.nspname || '.' || c.relname FROM ({_ROLES}) r
CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {_OURS} AND has_sequence_privilege(r.oid, c.oid, 'USAGE, UPDATE')
LIMIT 1
"""  # noqa: S608 - constants
_FUNCTIONS = f"""
SELECT r.rolname, n.nspname || '.' || f.proname FROM ({_ROLES}) r
CROSS JOIN pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
WHERE f.prosecdef AND f.provolatile = 'v' AND {_OURS} AND f.proowner <> r.oid
  AND has_function_privilege(r.oid, f.oid, 'EXECUTE')
LIMIT 1
"""  # noqa: S608 - constants
_LOOKS = (
    (_TABLES, "may write the table", "GRANT SELECT only, to a role of its own"),
    (_SEQUENCES, "may move the sequence", "REVOKE ALL on sequences from it"),
    (_FUNCTIONS, "may call with another's rights the function", "REVOKE EXECUTE on it from PUBLIC"),
)


class WritableSourceError(ForbiddenError):
    """The role may change the clinic's data; Rounds reads with a role that cannot."""

    code = "source_writable"


def check_reads_only(connection: Connection) -> None:
    """Pass when the role of a Postgres connection, and every role it is a member of, can only read.

    Raises:
        WritableSourceError: it can write a table, move a sequence, or act with rights that are not its own.
    """
    if connection.execute(text("SHOW transaction_read_only")).scalar() != "on":
        raise _refused("writes by default", "set default_transaction_read_only of the role to on")
    for _, role, is_super, creates in connection.execute(text(_ROLES)):
        if is_super or creates:
            power = "is a superuser" if is_super else "may make roles"
            raise _refused(f"{power} (as {role})", "use a role of its own with SELECT only")
    for query, what, fix in _LOOKS:
        found = connection.execute(text(query)).first()
        if found is not None:
            raise _refused(f"{what} {found[1]}", fix)


def _refused(what: str, fix: str) -> WritableSourceError:
    return WritableSourceError(f"the role of this source {what}", field="url", fix=fix)
