"""A collection that leaves nothing behind: all of it happens in one transaction that is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy.engine import Engine
from sqlalchemy.orm import sessionmaker

from shared.registry.session import REHEARSAL
from worker_collection.deps import Deps


@contextmanager
def rehearsal(deps: Deps) -> Iterator[Deps]:
    """The same collaborators over sessions whose commits are savepoints; at the end nothing was written.

    Its sessions take no site-wide lock: others go on working meanwhile.
    """
    engine = deps.sessions.kw["bind"]
    assert isinstance(engine, Engine)
    with engine.connect() as connection:
        outer = connection.begin()
        try:
            yield replace(
                deps,
                sessions=sessionmaker(
                    connection,
                    expire_on_commit=False,
                    join_transaction_mode="create_savepoint",
                    info={REHEARSAL: True},
                ),
            )
        finally:
            outer.rollback()
