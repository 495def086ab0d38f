"""The last good traffic plan of every model type: in memory, on disk, and confirmed twice a second."""

import json
import os
import select
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from api_service.errors import named
from shared.errors import ConflictError
from shared.logs import log
from shared.registry import plans, policies
from shared.registry.plans import Plan, Served

CHANNEL = "rounds_plans"
CONFIRMED_SECONDS = 2.0
DATABASE_ERRORS = (DBAPIError, PoolTimeoutError)


class NoLiveVersionError(ConflictError):
    """The model type has no version in service."""

    code = "no_live_version"

    def __init__(self, model_type: str) -> None:
        super().__init__(
            f"no version of {model_type} is live",
            field="model_type",
            fix="check the name; if it is right, train one: the first that passes the gate goes live",
        )


@dataclass(frozen=True)
class ServingRules:
    """What the policy says of answers, and of persons seen first."""

    policy_version: int
    evaluation_share: float
    audit_share: float
    abstain_below: float
    retention_days: int


@dataclass(frozen=True)
class Held:
    """A plan as the router knows it now; not `confirmed` means that the registry was silent for 2 s."""

    plan: Plan
    rules: ServingRules
    confirmed: bool


class PlanCache:
    """Holds the plans and follows the registry in a thread of its own; a reader never waits for it."""

    ask_every_seconds = 0.5

    def __init__(
        self,
        folder: Path,
        sessions: sessionmaker[Session],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._sessions, self._monotonic = folder / "plans.json", sessions, monotonic
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._plans, self._rules = _read(self._path)
        self._overrides: dict[str, Plan] = {}
        self._confirmed_at = float("-inf")
        self.before_refresh: Callable[[], None] = lambda: None

    def held(self, model_type: str) -> Held:
        """The plan to serve by.

        Raises:
            NoLiveVersionError: there is none, as far as anybody here ever knew.
        """
        plan = self._overrides.get(model_type) or self._plans.get(model_type)
        rules = self._rules
        if plan is None or rules is None:
            raise NoLiveVersionError(model_type)
        return Held(plan, rules, self.confirmed)

    @property
    def age_seconds(self) -> float:
        """How long ago the registry last confirmed the plans."""
        return self._monotonic() - self._confirmed_at

    @property
    def confirmed(self) -> bool:
        """Whether that was at most 2 s ago; only then may a challenger serve."""
        return self.age_seconds <= CONFIRMED_SECONDS

    def refresh(self) -> None:
        """Read every plan now; what is read replaces any override, since the registry has the last word.

        Orders that still wait are filed before: no override ends while the registry knows nothing of it.
        """
        self.before_refresh()
        with self._lock:
            asked_at = self._monotonic()
            with self._sessions.begin() as session:
                known = plans.in_force(session)
                version, policy = policies.current(session)
            rules = ServingRules(
                version,
                policy.evaluation_share,
                policy.audit_share,
                policy.abstain_below,
                policy.retention_days,
            )
            if (known, rules) != (self._plans, self._rules):
                _write(self._path, known.values(), rules)
            self._plans, self._rules, self._overrides = known, rules, {}
            self._confirmed_at = asked_at

    def override(self, plan: Plan) -> None:
        """Serve by this plan until the registry is back: a rollback that could not be written yet."""
        with self._lock:
            self._overrides = self._overrides | {plan.model_type: plan}

    def follow(self) -> None:
        """Start the thread that listens for plan changes and asks twice a second."""
        threading.Thread(target=self._run, name="plans", daemon=True).start()

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except DATABASE_ERRORS as error:
                log.warning("the registry does not answer the router", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - a dead thread would freeze the plans for good
                log.error("the router could not read the plans", **named(error))
            self._stop.wait(self.ask_every_seconds)

    def _listen(self) -> None:
        """Refresh at each notice and each half second, until the registry goes away."""
        with self._sessions() as session:
            engine = session.get_bind()
        assert isinstance(engine, Engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # for as long as we listen: the pool is for requests
            connection.execute(text(f"LISTEN {CHANNEL}"))
            raw = connection.connection.dbapi_connection
            while not self._stop.is_set():
                self.refresh()
                _wait_for_notice(raw, self.ask_every_seconds)


def _wait_for_notice(raw: Any, seconds: float) -> None:  # noqa: ANN401 - a psycopg2 connection
    ready, _, _ = select.select([raw], [], [], seconds)
    if ready:
        raw.poll()
        raw.notifies.clear()


def _read(path: Path) -> tuple[dict[str, Plan], ServingRules | None]:
    try:
        stored = json.loads(path.read_text())
        found = [_plan(row) for row in stored["plans"]]
        return {plan.model_type: plan for plan in found}, ServingRules(**stored["rules"])
    except FileNotFoundError:
        return {}, None
    except (ValueError, KeyError, TypeError):
        log.warning("the plans on disk cannot be read; the registry will be asked")
        return {}, None


def _plan(row: Mapping[str, Any]) -> Plan:
    sides = {name: _served(row[name]) for name in ("champion", "challenger", "standby")}
    return Plan(**(dict(row) | sides | {"effective_at": datetime.fromisoformat(row["effective_at"])}))


def _served(row: Mapping[str, Any] | None) -> Served | None:
    return Served(UUID(row["id"]), row["name"], row["digest"]) if row else None


def _write(path: Path, known: Iterable[Plan], rules: ServingRules) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")  # of several processes on one home
    scratch.write_text(json.dumps({"plans": [asdict(p) for p in known], "rules": asdict(rules)}, default=str))
    scratch.replace(path)
