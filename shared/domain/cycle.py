"""The learning cycle as data: its stages in order, the states of each record and the moves between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import ConflictError


@dataclass(frozen=True)
class Stage:
    """One station of the cycle and the module that is it."""

    name: str
    module: str


STAGES = (
    Stage("collect", "worker_collection.collect"),
    Stage("deidentify", "worker_collection.deidentify"),
    Stage("check", "worker_collection.check"),
    Stage("dataset", "worker_collection.dataset"),
    Stage("plan", "worker_training.plan"),
    Stage("train", "worker_training.train"),
    Stage("evaluate", "deployer_service.evaluate"),
    Stage("canary", "deployer_service.canary"),
    Stage("watch", "deployer_service.watch"),
    Stage("promote", "deployer_service.promote"),
    Stage("rollback", "deployer_service.rollback"),
    Stage("withdraw", "worker_collection.withdraw"),
)


class CaseState(StrEnum):
    """Where a case stands between the clinic's row and a training set."""

    DISCOVERED = "discovered"
    DEIDENTIFIED = "deidentified"
    CHECKED = "checked"
    PENDING = "pending"
    NEEDS_REVIEW = "needs_review"
    VALIDATED = "validated"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class RunState(StrEnum):
    """One collection run."""

    QUEUED = "queued"
    LEASED = "leased"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChunkState(StrEnum):
    """One part of a large collection run."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"


class JobState(StrEnum):
    """One training job."""

    QUEUED = "queued"
    LEASED = "leased"
    RUNNING = "running"
    CHECKPOINTED = "checkpointed"
    EVALUATING = "evaluating"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class VersionState(StrEnum):
    """One model version, from its training job to its retirement."""

    TRAINED = "trained"
    GATED = "gated"
    REJECTED = "rejected"
    REPLAY = "replay"
    SHADOW = "shadow"
    CANARY_5 = "canary_5"
    CANARY_25 = "canary_25"
    CANARY_50 = "canary_50"
    LIVE = "live"
    STANDBY = "standby"
    RETIRED = "retired"
    ROLLED_BACK = "rolled_back"


class AlertState(StrEnum):
    """One alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


CHALLENGING = (
    VersionState.REPLAY,
    VersionState.SHADOW,
    VersionState.CANARY_5,
    VersionState.CANARY_25,
    VersionState.CANARY_50,
)
SERVABLE = (*CHALLENGING, VersionState.LIVE, VersionState.STANDBY)

_C, _R, _J, _V, _A = CaseState, RunState, JobState, VersionState, AlertState
_K = ChunkState
_CASE_ENDS = (_C.SUPERSEDED, _C.WITHDRAWN)
_GIVE_UP = (_J.QUEUED, _J.FAILED, _J.CANCELLED)

MOVES: Mapping[type[StrEnum], Mapping[StrEnum, tuple[StrEnum, ...]]] = {
    CaseState: {
        _C.DISCOVERED: (_C.DEIDENTIFIED, _C.NEEDS_REVIEW, _C.REJECTED, *_CASE_ENDS),
        _C.DEIDENTIFIED: (_C.CHECKED, _C.NEEDS_REVIEW, _C.REJECTED, *_CASE_ENDS),
        _C.CHECKED: (_C.PENDING, _C.NEEDS_REVIEW, _C.VALIDATED, _C.REJECTED, *_CASE_ENDS),
        _C.PENDING: (_C.NEEDS_REVIEW, _C.VALIDATED, _C.REJECTED, *_CASE_ENDS),
        _C.NEEDS_REVIEW: (_C.VALIDATED, _C.REJECTED, *_CASE_ENDS),
        _C.VALIDATED: (_C.NEEDS_REVIEW, _C.REJECTED, *_CASE_ENDS),
        _C.REJECTED: _CASE_ENDS,
    },
    RunState: {
        _R.QUEUED: (_R.LEASED, _R.CANCELLED, _R.FAILED),
        _R.LEASED: (_R.RUNNING, _R.QUEUED, _R.FAILED, _R.CANCELLED),
        _R.RUNNING: (_R.COMPLETED, _R.QUEUED, _R.FAILED, _R.CANCELLED),
    },
    ChunkState: {
        _K.QUEUED: (_K.LEASED, _K.FAILED),
        _K.LEASED: (_K.DONE, _K.QUEUED, _K.FAILED),
    },
    JobState: {
        _J.QUEUED: (_J.LEASED, _J.FAILED, _J.CANCELLED),
        _J.LEASED: (_J.RUNNING, *_GIVE_UP),
        _J.RUNNING: (_J.CHECKPOINTED, _J.EVALUATING, *_GIVE_UP),
        _J.CHECKPOINTED: (_J.RUNNING, _J.EVALUATING, *_GIVE_UP),
        _J.EVALUATING: (_J.COMPLETED, *_GIVE_UP),
    },
    VersionState: {
        _V.TRAINED: (_V.GATED, _V.REJECTED),
        _V.GATED: (_V.REPLAY, _V.LIVE, _V.RETIRED),
        _V.REPLAY: (_V.SHADOW, _V.ROLLED_BACK, _V.RETIRED),
        _V.SHADOW: (_V.CANARY_5, _V.ROLLED_BACK, _V.RETIRED),
        _V.CANARY_5: (_V.CANARY_25, _V.ROLLED_BACK),
        _V.CANARY_25: (_V.CANARY_50, _V.ROLLED_BACK),
        _V.CANARY_50: (_V.LIVE, _V.ROLLED_BACK),
        _V.LIVE: (_V.STANDBY, _V.ROLLED_BACK),
        _V.STANDBY: (_V.LIVE, _V.RETIRED),
    },
    AlertState: {
        _A.OPEN: (_A.ACKNOWLEDGED, _A.RESOLVED),
        _A.ACKNOWLEDGED: (_A.RESOLVED, _A.OPEN),
        _A.RESOLVED: (_A.OPEN,),
    },
}

_PUBLIC_JOB = {
    _J.LEASED: "running",
    _J.CHECKPOINTED: "running",
    _J.EVALUATING: "running",
}


class ForbiddenMoveError(ConflictError):
    """A record was asked to go to a state that its present one does not lead to."""

    code = "forbidden_move"

    def __init__(self, *, now: StrEnum, wanted: StrEnum) -> None:
        super().__init__(f"{type(now).__name__} {now.value} cannot become {wanted.value}")
        self.now, self.wanted = now, wanted


def check_move(now: StrEnum, wanted: StrEnum) -> None:
    """Pass when the cycle has the edge.

    Raises:
        ForbiddenMoveError: it has not.
    """
    if wanted not in MOVES[type(now)].get(now, ()):
        raise ForbiddenMoveError(now=now, wanted=wanted)


def ended(state: StrEnum) -> bool:
    """Whether nothing leads out of this state."""
    return not MOVES[type(state)].get(state)


def public_job_status(state: JobState) -> str:
    """The job status the API shows: queued, running, completed, failed or cancelled."""
    return _PUBLIC_JOB.get(state, state.value)
