"""A chunk of a large run: its rows are cleaned and stored by whichever worker takes it."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy.exc import OperationalError

from shared.errors import Error
from shared.logs import log
from shared.registry import chunks, leases, runs, sources
from shared.registry.leases import FencedOffError, Lease
from shared.registry.tables import CollectionChunk
from worker_collection import spool
from worker_collection.batch import Pipeline
from worker_collection.deps import Deps
from worker_collection.lease import heartbeat
from worker_collection.tally import Tally
from worker_collection.terms import chunk_terms


def run_chunk(chunk_id: UUID, deps: Deps) -> bool:
    """Store one chunk; False when it is not to be had.

    Cases and the chunk's end commit together and only under its lease. What cannot be stored is marked, and
    the worker that holds the run ends it.
    """
    with deps.sessions.begin() as session:
        lease = leases.claim(session, CollectionChunk, chunk_id, worker=deps.worker, now=deps.clock())
    if lease is None:
        return False
    try:
        with heartbeat(lease, deps):
            _store(lease, deps)
    except FencedOffError:
        log.info("collection chunk was taken over", chunk_id=str(chunk_id))
    except Error as error:
        _fail(lease, str(error), deps)
    except OperationalError:
        raise  # the registry is away; the reaper gives the chunk to another try
    except Exception as error:
        _fail(lease, f"internal error ({type(error).__name__})", deps)  # its message may quote a row
        raise
    return True


def _store(lease: Lease, deps: Deps) -> None:
    with deps.sessions() as session:
        chunk = session.get(CollectionChunk, lease.id)
        if chunk is None or chunk.sealed is None:
            raise FencedOffError(lease)
        run = runs.get(session, chunk.run_id)
        source = sources.get(session, run.source_id)
    content = spool.opened(chunk.sealed, deps.vault)
    terms = chunk_terms(source, run, content["staff"], deps=deps)
    with deps.sessions() as session:
        items = spool.items_of(session, content, terms)
    pipeline = Pipeline(terms, Tally(), deps)
    candidates = pipeline.clean(items)
    with deps.sessions.begin() as session:
        pipeline.write(session, items, candidates)
        chunks.finish(session, lease, pipeline.tally.counts(), now=deps.clock())


def _fail(lease: Lease, why: str, deps: Deps) -> None:
    with suppress(FencedOffError), deps.sessions.begin() as session:
        chunks.fail(session, lease, why, now=deps.clock())
