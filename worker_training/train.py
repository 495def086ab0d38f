"""Stage: train. One queued job becomes a registered model version, once, whatever dies on the way."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from shared.backends import files as artifact
from shared.backends.base import Fitted
from shared.backends.search import SKIP
from shared.broker import farewell
from shared.config import environment
from shared.domain.cost import priced
from shared.domain.repair import mended, remedy
from shared.errors import Error
from shared.logs import log
from shared.registry import attempts, datasets, models, policies, trials, turns
from shared.registry.attempts import Fault, StepDone, Weights
from shared.registry.devices import Device
from shared.registry.leases import FencedOffError, Lease
from shared.registry.tables import DatasetVersion
from worker_training import devices, fit, notices, provenance, request, sweep
from worker_training import folder as exchange
from worker_training.claim import claim
from worker_training.deps import Deps
from worker_training.folder import Failure, private_folder
from worker_training.lease import Keeper
from worker_training.trainer import Ending, Trainer
from worker_training.watch import Meter, Watch

STEP_SECONDS = 1.0  # one row of figures a second is enough
RETRY_SECONDS = 0.5
UNEXPLAINED = Failure("internal", "the trainer ended without a reason")


@dataclass(frozen=True)
class Training:
    """One attempt at one job: everything it writes it writes under this lease."""

    lease: Lease
    device: Device
    folder: Path
    keeper: Keeper
    deps: Deps
    meter: Meter
    memory_kills: int  # before it began


def run_job(job_id: UUID, deps: Deps) -> None:
    """Train the queued job whose turn it is and register its weights; a second delivery does nothing.

    No transaction is open while the model trains.
    """
    if farewell.asked():
        return
    sweep.clear_ended(deps)
    claimed = claim(job_id, deps)
    if claimed is None:
        return
    lease = claimed.lease
    with private_folder(deps.work / f"{lease.id}-{lease.fence}") as folder, Keeper(lease, deps) as keeper:
        meter = Meter(claimed.device)
        training = Training(lease, claimed.device, folder, keeper, deps, meter, deps.memory_kills())
        try:
            _write_request(training)
            _settle(training, _fit(training))
        except FencedOffError:
            log.info("fenced off", job=str(lease.id), fence=lease.fence)
        except Error as error:
            _fail(training, fit.explain(error))
    _insist(training, lambda session: turns.ring_next(session, now=deps.clock()))


def _write_request(training: Training) -> None:
    """Begin the run and leave the de-identified examples for the trainer."""
    lease, deps = training.lease, training.deps
    with deps.sessions.begin() as session:
        job = attempts.begin(session, lease, now=deps.clock())
        dataset = session.get_one(DatasetVersion, job.dataset_version_id)
        facts = provenance.of_job(job, dataset, training.device, threads=deps.settings.threads)
        notices.began(session, job, lease, deps=deps)
        datasets.note_lapsed(session, dataset.id, by=f"job:{job.id}", now=deps.clock())
        family, wanted = request.of_job(session, job, deps, checkpoints=_checkpoints(training))
        earlier = job.retry_of
    if earlier is not None and not wanted.checkpoints.exists():
        with suppress(FileNotFoundError):  # it failed on another host, or its time is over
            wanted.checkpoints.with_name(str(earlier)).rename(wanted.checkpoints)
    request.leave(training.folder, family, wanted, deps=deps)
    with deps.sessions.begin() as session:
        attempts.note(session, lease, facts | provenance.examples(training.folder))


def _fit(training: Training) -> tuple[Ending, int]:
    """Train in a process of its own; how it ended and with which status."""
    deps = training.deps
    confined = environment(deps.settings, **devices.confined(training.device, deps.settings))
    silence_seconds = deps.settings.lease_seconds
    with Trainer(
        deps.trainer, training.folder, silence_seconds=silence_seconds, environment=confined
    ) as trainer:
        training.keeper.watch(trainer)
        with Watch(trainer.pid, training.meter) as watch:
            for done in _once_a_second(trainer.steps()):
                _record(training, replace(done, values={**watch.figures, **done.values}))
        return trainer.ending(), trainer.status


def _once_a_second(steps: Iterable[StepDone]) -> Iterator[StepDone]:
    """The steps worth a row, with the time that is left; a checkpoint in between is told with the next."""
    began = recorded = time.monotonic()
    first: int | None = None
    saved = False
    for done in steps:
        at = time.monotonic()
        first = done.step if first is None else first
        saved = saved or done.checkpointed
        if done.trial is not None:
            yield done
        elif done.step == done.steps or at - recorded >= STEP_SECONDS:
            pace = (at - began) / max(done.step - first, 1)
            yield replace(done, checkpointed=saved, seconds_left=pace * (done.steps - done.step))
            recorded, saved = at, False


def _record(training: Training, done: StepDone) -> None:
    """A row that cannot be written is no loss; the training goes on while the database is away."""
    try:
        with training.deps.sessions.begin() as session:
            if done.trial is not None:
                trials.record(session, training.lease, done.trial, now=training.deps.clock())
            else:
                attempts.record_step(session, training.lease, done, now=training.deps.clock())
            _skip_unwanted(training, trials.unwanted(session, training.lease.id))
    except OperationalError as error:
        log.warning("step not recorded", job=str(training.lease.id), reason=type(error).__name__)


def _skip_unwanted(training: Training, numbers: Iterable[int]) -> None:
    """Tell the trainer's search which trials to end; it looks after each stage."""
    for number in numbers:
        _checkpoints(training).mkdir(parents=True, exist_ok=True, mode=0o700)
        (_checkpoints(training) / f"{SKIP}{number}").touch()


def _settle(training: Training, ended: tuple[Ending, int]) -> None:
    """Bring the job to where the trainer's end leaves it."""
    ending, status = ended
    if training.keeper.lost:
        _fail(training, Failure("cancelled", "cancelled while it ran"))
    elif ending is Ending.FINISHED:
        _register(training)
    elif ending is Ending.STOPPED or training.keeper.stopping:
        _give_back(training, "worker_stopped", count_attempt=False)
    elif ending is Ending.DIED and training.deps.memory_kills() > training.memory_kills:
        _fail(training, fit.explain(MemoryError()))
    elif ending is Ending.DIED:
        _give_back(training, f"trainer_ended_with_{status}")
    else:
        _fail(training, exchange.read_failure(training.folder) or UNEXPLAINED)


def _register(training: Training) -> None:
    """Store the weights, read them back, and write version, job and doorbell in one transaction."""
    lease, deps = training.lease, training.deps
    _insist(training, lambda session: attempts.begin_registering(session, lease, now=deps.clock()))
    fitted = exchange.read_result(training.folder)
    digest = artifact.digest_of(fitted.files)
    key = artifact.store(deps.storage, fitted.files)
    artifact.fetch(deps.storage, digest)  # what is registered is what the store gives back
    weights = Weights(
        digest=digest,
        artifact_key=key,
        fingerprint=fitted.fingerprint,
        base_digest=fitted.base_digest,
        labels=_labels(fitted),
    )
    facts = {"base_digest": fitted.base_digest, "kernels": exchange.read_kernels(training.folder)}

    def register(session: Session) -> None:
        attempts.note(session, lease, facts)
        version = attempts.complete(session, lease, weights, figures=fitted.figures, now=deps.clock())
        notices.ended(session, version, deps=deps)

    _finish(training, register)
    _forget_checkpoints(training)


def _labels(fitted: Fitted) -> list[str]:
    """The labels that the version answers with; a family leaves out those it had too few cases of."""
    return list(json.loads(fitted.files["rounds.json"])["labels"])


def _fail(training: Training, failure: Failure) -> None:
    """End the job, or change its recipe and try again; the last good state stays for a retry."""
    lease, now = training.lease, training.deps.clock
    if failure.again:
        _give_back(training, failure.code)
        return
    fault = Fault(failure.code, failure.message, failure.fix)

    def end(session: Session) -> None:
        change = _remedy(session, lease, failure)
        if change is None:
            attempts.fail(session, lease, fault, now=now())
        else:
            attempts.repair(session, lease, change, why=failure.code, now=now())

    _finish(training, end)


def _remedy(session: Session, lease: Lease, failure: Failure) -> dict[str, object] | None:
    job = attempts.held(session, lease)
    family = models.model_type(session, job.model_type).family
    return remedy(failure.code, family, mended(job.recipe, job.repairs))


def _give_back(training: Training, why: str, *, count_attempt: bool = True) -> None:
    """Queue the job again; its checkpoints stay for the next attempt."""
    lease, now = training.lease, training.deps.clock
    _finish(
        training,
        lambda session: attempts.give_back(session, lease, why=why, now=now(), count_attempt=count_attempt),
    )


def _finish(training: Training, write: Callable[[Session], object]) -> None:
    """End the attempt and enter what it cost, in one transaction."""
    used = training.meter.used()

    def both(session: Session) -> None:
        attempts.bill(session, training.lease, priced(used, policies.current(session)[1]))
        write(session)

    _insist(training, both)


def _insist(training: Training, write: Callable[[Session], object]) -> None:
    """One transaction, tried until the database takes it: its restart must not cost hours of training."""
    while True:
        try:
            with training.deps.sessions.begin() as session:
                write(session)
        except OperationalError:
            if farewell.asked():
                raise
            log.warning("database down, the result waits", job=str(training.lease.id))
            time.sleep(RETRY_SECONDS)
        else:
            return


def _checkpoints(training: Training) -> Path:
    return training.deps.work / sweep.CHECKPOINTS / str(training.lease.id)


def _forget_checkpoints(training: Training) -> None:
    shutil.rmtree(_checkpoints(training), ignore_errors=True)
