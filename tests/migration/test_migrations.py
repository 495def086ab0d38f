from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

import shared.registry.leases  # noqa: F401  (declares the sequence of fences)
from shared.registry.migrate import migrate
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
