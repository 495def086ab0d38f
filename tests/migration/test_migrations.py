import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

import shared.registry.leases  # noqa: F401  (declares the sequence of fences)
from shared.registry import schema
from shared.registry.migrate import migrate
from shared.registry.schema import FOLDER, check_schema
from shared.registry.tables import Table

OWN = ("allowed_moves", "alembic_version")


def differences(url):
    engine = create_engine(url)
    with engine.connect() as connection:

        def ours(_object, name, kind, _reflected, _compared):
            return not (kind == "table" and name in OWN)

        context = MigrationContext.configure(connection, opts={"include_object": ours})
        found = compare_metadata(context, Table.metadata)
    engine.dispose()
    return found


def revisions():
    """Newest first."""
    return [one.revision for one in ScriptDirectory(str(FOLDER)).walk_revisions()]


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url):
    assert differences(database_url) == []


def test_down_to_nothing_and_up_again(settings):
    migrate(settings, revision="base")
    engine = create_engine(settings.database)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(settings)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM model_types")) == 2
    engine.dispose()
    assert differences(settings.database) == []


def test_every_file_of_a_migration_begins_with_its_revision():
    assert schema.revisions() == revisions()[::-1]


def test_a_migration_says_which_code_may_go_on_working(settings):
    with create_engine(settings.database).connect() as connection:
        standing = schema.read(connection)
    newest, before = revisions()[:2]
    assert (standing.revision, standing.serves) == (newest, before)


def test_a_part_does_not_start_on_a_schema_that_lacks_a_revision(settings):
    newest, before = revisions()[:2]
    check_schema(settings)
    migrate(settings, revision=before)
    with pytest.raises(schema.OtherSchemaError, match=f"lacks revisions {newest}"):
        check_schema(settings)
