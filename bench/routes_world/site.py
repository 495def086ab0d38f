"""A real site of some days: a database filled in bulk, a sealed trail, the API with a key of every role."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
import psutil
import psycopg2
from psycopg2.extras import execute_values
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_service.auth import Role
from bench.release_world.clinic import Clinic
from bench.release_world.play import config
from bench.release_world.scenario import Scenario
from deployer_service.decide import Run, answer_line
from shared.broker.notary import Notary
from shared.config import Settings, load_settings
from shared.domain.cycle import CaseState
from shared.embedded import prepare_home, remove_home, start_postgres
from shared.registry import emergencies, evidence, keys
from shared.registry.access import DatabaseRole
from shared.registry.cases import CASE_PURPOSE
from shared.registry.migrate import migrate
from shared.registry.readings import CLEANED_PURPOSE
from shared.registry.session import make_sessions
from shared.registry.tables import ModelVersion, TrafficPlan
from shared.registry.testimonies import PURPOSE as TESTIMONY_PURPOSE
from shared.signing import open_signer
from shared.storage.objects import open_storage
from shared.storage.pictures import Picture, save_picture
from shared.vault import Vault
from tests.factories import NOW, a_case
from tests.integration.api import world

RECORDS = (Path(__file__).parent / "records.sql").read_text()
A_DAY, DAYS_A_VERSION = 200, 12
STEPS = 400  # of the decision engine in one comparison
INPUT_PURPOSE = "prediction"
NOTE = "Throbbing headache on one side since this morning, light hurts, [NAME] gave paracetamol 1 g. "


@dataclass(frozen=True)
class Aged:
    """A site with its key of every role, and one record for every parameter that a path can hold."""

    site: world.Site
    key: str
    records: dict[str, str]
    postgres: int  # its process

    def processor_seconds(self) -> float:
        """What the API and the backends of the database have used until now, with those that have ended."""
        own, server = os.times(), psutil.Process(self.postgres)
        ended = sum(server.cpu_times()[2:4])
        running = sum(_nanoseconds(one) for one in server.children())
        drawing = own.children_user + own.children_system
        return time.process_time() + drawing + ended + running / 1e9

    def get(self, address: str) -> int:
        """Ask and read the whole answer; its status."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.site.client.get(address, headers=headers)
        assert answer.data is not None
        return answer.status_code


@contextmanager
def aged(cases: int) -> Iterator[Aged]:
    """A site that has seen so many patients, until the end of the block."""
    settings = load_settings(home=Path(tempfile.mkdtemp(prefix="rounds-routes-")))
    prepare_home(settings)
    server = start_postgres(settings, durable=False)
    try:
        migrate(settings)
        sessions = make_sessions(settings)
        found = world.a_site(settings, sessions, make_sessions(settings, role=DatabaseRole.API))
        yield _filled(found, cases, postgres=server.process.pid)
    finally:
        server.stop()
        remove_home(settings)


def _nanoseconds(process: psutil.Process) -> int:
    """What a backend has used; none of one that works for nobody who asks, or has just ended."""
    try:
        words = " ".join(process.cmdline())
        used = int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0])
    except (psutil.NoSuchProcess, OSError, IndexError):
        return 0
    return used if "rounds rounds" in words or "parallel worker" in words else 0


def _filled(site: world.Site, cases: int, *, postgres: int) -> Aged:
    versions = max(3, cases // (A_DAY * DAYS_A_VERSION))
    vault = site.deps.vault
    _fill(site.deps.settings, vault, cases=cases, versions=versions)
    with site.sessions.begin() as session:
        _chained(session)
        reader, _ = keys.create(session, "night", ["viewer"], now=NOW)
        _, key = keys.create(session, "owner", list(Role), now=NOW)
        emergency = emergencies.begin(session, reader, "night", vault=vault, now=NOW)
        picture = _picture(session, site)
    _sealed(site)
    site.deps.router.cache.refresh()
    records = _records(versions) | {"emergency_id": str(emergency.id), "picture": picture}
    return Aged(site, key, records, postgres)


def _fill(settings: Settings, vault: Vault, *, cases: int, versions: int) -> None:
    """Run the file of records; sealed texts have the size of a note, and are the same for all."""
    note = (NOTE * 6).encode()
    told = {"diagnosis": "Gicht", "text": NOTE, "words": "Gicht", "code": None}
    given = {
        "cases": cases,
        "versions": versions,
        "now": NOW,
        "case_sealed": vault.seal(note, CASE_PURPOSE),
        "input_sealed": vault.seal(note, INPUT_PURPOSE),
        "cleaned_sealed": vault.seal(note, CLEANED_PURPOSE),
        "testimony_sealed": vault.seal(json.dumps(told).encode(), TESTIMONY_PURPOSE),
    }
    connection = psycopg2.connect(host=str(settings.sockets), user="rounds", dbname="rounds")
    with connection, connection.cursor() as cursor:
        columns = "step bigint, message text, answer text, action text"
        cursor.execute(f"CREATE TEMP TABLE steps_of_a_run ({columns})")
        execute_values(cursor, "INSERT INTO steps_of_a_run VALUES %s", _steps())
        cursor.execute(RECORDS, given)
    connection.autocommit = True  # what a sweep does of itself
    connection.cursor().execute("VACUUM ANALYZE")
    connection.close()


def _steps() -> list[tuple[int, str, str, str]]:
    """What the real engine says in the course of a comparison that ends in nothing."""
    scenario = Scenario("routes")
    endless = {"horizon_days": 1e9, "alpha_rollback": 1e-30, "alpha_promote": 1e-30}
    told = config(scenario) | endless
    clinic = Clinic(scenario, 1)
    run = Run({"type": "start", "run": "routes", "config": told, "columns": None, "state": None})
    run.begin()
    found = []
    for step in range(1, STEPS + 1):
        now = step * DAYS_A_VERSION / STEPS
        message = {"now": now, "predictions": clinic.cases(now, 0.25), "labels": clinic.labels(now)}
        answer = run.feed(message)
        clinic.read(answer["adjudicate"], now)
        found.append((step, json.dumps(message), answer_line(answer), answer["action"]))
    return found


def _chained(session: Session) -> None:
    """The evidence of every plan, chained as releases chain it."""
    entering = func.coalesce(TrafficPlan.challenger_id, TrafficPlan.champion_id)
    rows = session.execute(
        select(TrafficPlan, ModelVersion)
        .join(ModelVersion, ModelVersion.id == entering)
        .order_by(TrafficPlan.number)
    ).all()
    for plan, version in rows:
        body = {"plan": {"number": plan.number}, "live_evidence": {}, "reason": plan.reason}
        evidence.append(
            session, version, transition="shadow>canary_5", actor="rule", body=body, at=plan.effective_at
        )


def _sealed(site: world.Site) -> None:
    """Every event gets its place, and the chain a signed checkpoint."""
    settings = site.deps.settings
    storage, signer = open_storage(settings), open_signer(settings)
    Notary(site.sessions, storage=storage, signer=signer, clock=lambda: NOW).turn(at=1e9)


def _picture(session: Session, site: world.Site) -> str:
    """A case that is a picture with its mask; whoever draws it opens the vault by himself."""
    secret_file = site.deps.settings.secret_file
    secret_file.parent.mkdir(parents=True, exist_ok=True)
    secret_file.write_bytes(world.SECRET)
    secret_file.chmod(0o600)
    rows, columns = np.mgrid[:96, :128]
    inside = (rows - 50) ** 2 + (columns - 70) ** 2 < 30**2
    storage = open_storage(site.deps.settings)
    pixels = {"image": 40 + 120 * inside, "mask": inside}
    layers = {name: Picture(layer.astype(np.uint8)) for name, layer in pixels.items()}
    media = {name: save_picture(storage, one, site.deps.vault) for name, one in layers.items()}
    given = {"model_type": "segmentation", "diagnosis": "object", "media": media, "input_sealed": None}
    return str(a_case(session, state=CaseState.NEEDS_REVIEW, review_reasons=["masks_overlap"], **given).id)


def _records(versions: int) -> dict[str, str]:
    """The ids that the file of records gives, of what has grown most: the oldest case, the newest version."""
    return {
        "case_id": _id(4, 6),
        "run_id": _id(2, 2),
        "sealing_id": _id(6, versions),
        "version": f"diagnosis-data-{versions}",
        "before": f"diagnosis-data-{versions - 1}",
        "after": f"diagnosis-data-{versions}",
        "withdrawal_id": _id(7, 1),
        "job_id": _id(8, 2 * versions),
        "model_version": f"diagnosis-{versions}",
        "former_version": f"diagnosis-{versions - 1}",
        "prediction_id": str(UUID(hashlib.md5(b"prediction6", usedforsecurity=False).hexdigest())),
    }


def _id(kind: int, number: int) -> str:
    """As `pg_temp.id` makes it."""
    return str(UUID(f"{kind:04x}{number:028x}"))
