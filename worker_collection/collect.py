"""Stage: collect. Reads what changed in a source and turns it, step by step, into cases."""

from contextlib import AbstractContextManager, nullcontext, suppress
from uuid import UUID

from sqlalchemy.exc import OperationalError

from shared.domain.bells import TaskName
from shared.domain.cycle import RunState
from shared.errors import Error
from shared.logs import log
from shared.registry import audit, chunks, leases, moves, outbox, runs
from shared.registry.leases import FencedOffError, Lease
from shared.registry.tables import CollectionRun
from worker_collection.course import Course, Outcome, held
from worker_collection.deps import Deps
from worker_collection.lease import heartbeat
from worker_collection.rehearsal import rehearsal


def collect_run(run_id: UUID, deps: Deps) -> None:
    """Collect one queued run; a second delivery does nothing, a broken source ends the run with a sentence.

    Cases and the watermark commit together, a step at a time and only under the lease, so that a worker that
    is killed leaves nothing double and nothing out. While another run of the source is held this one waits.
    """
    with deps.sessions.begin() as session:
        if runs.is_source_taken(session, run_id):
            return
        lease = leases.claim(session, CollectionRun, run_id, worker=deps.worker, now=deps.clock())
    if lease is None:
        return
    try:
        _turn(lease, deps)
    except FencedOffError:
        _stop(lease, deps)
    except Error as error:
        _end(lease, RunState.FAILED, deps, why=str(error))
    except OperationalError:
        _give_back(lease, deps, why="the registry did not answer")
        raise
    except Exception as error:
        # Its message may quote a row; the class is enough to find it in the worker's own trace.
        _end(lease, RunState.FAILED, deps, why=f"internal error ({type(error).__name__})")
        raise


def _turn(lease: Lease, deps: Deps) -> None:
    with deps.sessions.begin() as session:
        run = held(session, lease)
        moves.move(session, run, RunState.RUNNING, by=lease.worker, at=deps.clock())
        run.started_at = run.started_at or deps.clock()
        is_dry = bool(run.wish.get("dry_run"))
    room: AbstractContextManager[Deps] = rehearsal(deps) if is_dry else nullcontext(deps)
    with heartbeat(lease, deps) as lost, room as stage:
        course = Course.of(lease, lost, deps=deps, stage=stage)
        outcome = course.follow()
        if outcome is Outcome.DONE and not is_dry:
            course.look_again()
    if outcome is Outcome.TURN_OVER:
        _next_turn(lease, deps)
    else:
        _end(lease, RunState.COMPLETED, deps)


def _next_turn(lease: Lease, deps: Deps) -> None:
    now = deps.clock()
    with deps.sessions.begin() as session:
        leases.release(session, lease, now=now, why="next turn", count_attempt=False)
        outbox.ring(session, TaskName.COLLECT_RUN, lease.id)


def _give_back(lease: Lease, deps: Deps, *, why: str) -> None:
    """Let another turn try again; where the registry is away, the reaper does it."""
    with suppress(OperationalError, FencedOffError), deps.sessions.begin() as session:
        leases.release(session, lease, now=deps.clock(), why=why)
        outbox.ring(session, TaskName.COLLECT_RUN, lease.id)


def _end(lease: Lease, state: RunState, deps: Deps, *, why: str | None = None) -> None:
    """End the run, also one that found nothing, and let the next one of its source begin."""
    now = deps.clock()
    with deps.sessions.begin() as session, suppress(FencedOffError):
        run = held(session, lease)
        run.ended_at, run.error = now, why
        run.counts = {name: value for name, value in run.counts.items() if name != "at"}
        if state is RunState.COMPLETED:  # what was handed in stays where it could not be collected
            run.wish = {name: value for name, value in run.wish.items() if name != "sealed"}
        chunks.drop(session, run.id)
        moves.move(session, run, state, by=lease.worker, at=now, why=why)
        subject = ("collection_runs", run.id)
        audit.write(session, act="collect", subject=subject, actor=lease.worker, at=now, details=run.counts)
        runs.ring_next(session, run.source_id)


def _stop(lease: Lease, deps: Deps) -> None:
    """End a run that a person cancelled; one that another worker holds is that worker's."""
    now = deps.clock()
    with deps.sessions.begin() as session, suppress(FencedOffError):
        run = leases.hold(session, lease)
        if run.cancel_requested and isinstance(run, CollectionRun):
            chunks.drop(session, run.id)
            moves.move(session, run, RunState.CANCELLED, by=lease.worker, at=now)
            runs.ring_next(session, run.source_id)
            return
    log.info("collection run was taken over", run_id=str(lease.id))
