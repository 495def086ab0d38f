"""Planted identifiers go every way that a case can go, and every way that it can fail: none is seen outside.

`ATTACK_CANARIES` is how many patients are planted, five identifiers each: 10,000 where nobody says otherwise.
"""

import base64
import json
import logging
import os
import sys
from itertools import cycle, islice

import pytest
import structlog
from redis import Redis
from sqlalchemy import select

from api_service.auth import Role
from api_service.routes import ENDPOINTS
from rounds.audit_files import write_files
from rounds.evidence_pack import write
from shared.broker import app as broker_app
from shared.broker.relay import Relay
from shared.logs import set_up_logs
from shared.registry import alerts, events, runs, sources
from shared.registry.access import DatabaseRole
from shared.registry.alerts import Trouble
from shared.registry.tables import CollectionRun, DatasetVersion, PredictionInput, ValidatedCase, Validator
from shared.signing import open_signer
from shared.storage.objects import open_storage
from tests.attack.canaries import A_PERSON, DIGITS, WORD, Canary, in_database, in_files, marked
from tests.attack.test_matrix import filled_in
from tests.attack.world import STAFF, filled
from tests.factories import NOW, add
from worker_collection import collect, dataset
from worker_collection.deps import Deps

PATIENTS = int(os.environ.get("ATTACK_CANARIES", "2000"))
AT_ONCE = 500
VOUCHED = {"validated_by": STAFF["name"], "validated_at": NOW.isoformat(), "confidence": 0.95}
SAID = f"Orla {WORD.title()}bcdef, MRN {DIGITS}12345"
BROKEN_FIELDS = {
    "text": ("", None, 7),
    "diagnosis": ("", None, SAID),
    "confidence": (7, SAID),
    "validated_by": (7, SAID),
    "validated_at": ("", SAID),
    "subgroup": (SAID, {"sex": SAID}),
    "known": (SAID, {"name": 7}, {"dob": SAID}),
    "person": ("", None),
    "source_id": ("", None),
    "model_type": (SAID, "segmentation"),
    "image": (SAID,),
    "mask": (SAID,),
    "box": (SAID,),
}
BLIND = "review.worklist"  # shows a clinician the input of a prediction as it was asked
NAMED = {SAID: SAID}  # a field of an unknown name is named to whoever sent it, and to nobody else
BROKEN_ROWS = [{name: value} for name, values in BROKEN_FIELDS.items() for value in values]
BROKEN_LINES = (
    f"{{broken {SAID}",
    SAID,
    f'"{SAID}"',
    f'["{SAID}"]',
    f'{{"text": "{SAID}',
    f'{{"{SAID}": 1, "{SAID}": 2}}',
    "\0" + SAID,
    f'{{"text": "\\ud800 {SAID}"}}',
    f'{{"known": {{"name": "{SAID}"}}, "confidence": NaN}}',
)
HEADERS = ("X-Request-Id", "Idempotency-Key", "Prefer", "Authorization", "Cookie", "User-Agent", "Referer")
BODIES = (f"{{{SAID}", f'"{SAID}"', f'["{SAID}"]', f'{{"x": "{SAID}"}}', SAID * 2000)


@pytest.fixture
def worker(settings, sessions_as, site) -> Deps:
    return Deps(
        settings=settings,
        sessions=sessions_as(DatabaseRole.COLLECTION),
        clock=lambda: NOW,
        vault=site.deps.vault,
        storage=open_storage(settings),
        worker="attacked",
    )


@pytest.fixture
def told(capfd):
    """What the processes log, as they would."""
    set_up_logs("attacked", level="DEBUG")
    yield lambda: "".join(capfd.readouterr()).encode()
    structlog.reset_defaults()  # what was captured is closed after the test
    structlog.contextvars.clear_contextvars()
    logging.basicConfig(stream=sys.__stderr__, level="WARNING", force=True)


@pytest.fixture
def broker(valkey_url, monkeypatch):
    monkeypatch.setattr(broker_app.app.conf, "broker_url", valkey_url)
    client = Redis(unix_socket_path=valkey_url.split("://")[1].split("?")[0])
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def carried_out(worker: Deps) -> None:
    """Do what was handed in, as the collection worker would."""
    with worker.sessions() as session:
        waiting = session.scalars(select(CollectionRun.id).filter_by(state="queued")).all()
    for run_id in waiting:
        collect.collect_run(run_id, worker)


def in_broker(client: Redis) -> list[str]:
    """The bytes of every key, in the form in which the server would hand them to another."""
    found = []
    for key in client.keys("*"):
        whole = {
            "list": lambda name: client.lrange(name, 0, -1),
            "hash": client.hvals,
            "set": client.smembers,
        }
        read = whole.get(client.type(key).decode(), lambda name: [client.dump(name) or b""])
        found += [f"broker {key!r}: {hit!r}" for body in [key, *read(key)] if (hit := marked(body))]
    return found


def seen(settings, folder, broker, told) -> list[str]:
    """Everywhere outside case storage that anybody can look."""
    logs = marked(told())
    return [
        *in_database(settings.database),
        *in_files(settings.root),
        *in_files(folder),
        *in_broker(broker),
        *([f"logs: {logs!r}"] if logs else []),
    ]


def test_no_identifier_is_seen_where_all_goes_well(site, worker, settings, sessions, broker, told, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    site.serve()
    with sessions.begin() as session:
        add(session, Validator(**STAFF, created_at=NOW))
    answers = []
    for start in range(0, PATIENTS, AT_ONCE):
        people = [Canary(number) for number in range(start, min(start + AT_ONCE, PATIENTS))]
        answers.append(site.post("/cases", Role.SERVICE, [one.row(**VOUCHED) for one in people]))
        assert answers[-1].status_code == 202, answers[-1].text
        carried_out(worker)
    for one in [Canary(number) for number in range(0, PATIENTS, max(1, PATIENTS // 40))]:
        ask = {"person": one.known["mrn"], "encounter": f"{one.known['mrn']}-1", "text": one.note()}
        made = site.post("/predict", Role.SERVICE, ask)
        assert made.status_code == 200, made.text
        said = {"diagnosis": "Gout", "validated_by": "dr-1", "validated_at": NOW.isoformat()}
        answers += [
            made,
            site.post(f"/predictions/{made.json['prediction_id']}/feedback", Role.SERVICE, said),
        ]
    _everything_is_let_out(site, worker, out, answers)
    relay = Relay(sessions, clock=lambda: NOW, vault=site.deps.vault, lease_seconds=1)
    while relay._push():
        pass
    with sessions() as session:
        stored = session.scalars(select(ValidatedCase)).all()
        assert len(stored) >= 0.9 * PATIENTS
        assert session.scalars(select(PredictionInput)).first() is not None
    assert [answer.text for answer in answers if marked(answer.data)] == []
    assert seen(settings, out, broker, told) == []


def _everything_is_let_out(site, worker: Deps, out, answers: list) -> None:
    """Seal, export in every format, alert, scrape, pack the evidence, show every list and every case."""
    sealed = dataset.seal("diagnosis", worker, actor="attack")
    with site.sessions.begin() as session:
        version = session.get_one(DatasetVersion, sealed)
        some = session.scalars(select(ValidatedCase.id).limit(20)).all()
        alerts.raise_alert(session, Trouble("drift", "warning", "k", "drift", "of one model"), now=NOW)
        period = NOW.replace(month=1), NOW.replace(month=12)
        write(session, out / "pack", period, signer=open_signer(worker.settings), site="s", version="1")
        write_files(session, out / "trail", public_pem=open_signer(worker.settings).public_pem())
    for form in ("jsonl", "chat", "alpaca", "csv"):
        answers.append(site.get(f"/cases/export?dataset_version={version.name}&format={form}", Role.STEWARD))
    answers += [site.get(f"/cases/{case_id}", Role.STEWARD) for case_id in some]
    lists = [one for one in ENDPOINTS if one.method == "GET" and "{" not in one.path and one.roles]
    for endpoint in (one for one in lists if one.name != BLIND):
        answers.append(site.call("GET", "/" + endpoint.path, sorted(endpoint.roles)[0]))


def test_there_are_fifty_kinds_of_failure():
    posts = [one for one in ENDPOINTS if one.method == "POST"]
    assert len(BROKEN_ROWS) + len(BROKEN_LINES) + len(HEADERS) + len(BODIES) * min(len(posts), 5) >= 50


def test_no_identifier_is_seen_where_everything_fails(site, worker, settings, broker, told, tmp_path):
    records, answers = filled(site), []
    for row in BROKEN_ROWS:
        answers.append(site.post("/cases", Role.SERVICE, Canary(1).row(**row)))
        answers.append(site.post(f"/ingest/{records['name']}", Role.SERVICE, [Canary(1).row(**row)]))
    for endpoint in (one for one in ENDPOINTS if one.roles):
        path, role = "/" + filled_in(endpoint, records), sorted(endpoint.roles)[0]
        for body in BODIES if endpoint.method == "POST" else ():
            answers.append(site.call("POST", path, role, data=body, content_type="application/json"))
        answers.append(site.call(endpoint.method, path, role, query_string={"q": SAID}))
        lost = "/" + filled_in(endpoint, dict.fromkeys(records, SAID))
        site.call(endpoint.method, lost, role)  # a name in an address is told to whoever asked for it
    site.post("/cases", Role.SERVICE, Canary(1).row(**NAMED))
    site.get("/training/jobs", query_string=NAMED)
    site.post("/pause", Role.OPERATOR, NAMED)
    for header in HEADERS:
        answers.append(site.call("POST", "/pause", Role.OPERATOR, headers={header: SAID}))
    folder = tmp_path / "drop"
    folder.mkdir()
    lines = [*BROKEN_LINES, *(json.dumps(Canary(2).row(**row)) for row in BROKEN_ROWS)]
    (folder / "cases.jsonl").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    (folder / "cases.csv").write_text(f"source_id;person;text;{SAID}\nx;{SAID};{SAID}\n")
    with worker.sessions.begin() as session:
        where = {"kind": "folder", "address": str(folder), "mapping": "cases", "model_type": "diagnosis"}
        source = sources.add(session, "drop", **where, vault=worker.vault, now=NOW, actor="attack")
        runs.create(session, source, now=NOW, triggered_by="attack")
    carried_out(worker)
    assert not [answer for answer in answers if answer.status_code == 500]
    assert [answer.text for answer in answers if marked(answer.data)] == []
    assert seen(settings, settings.root, broker, told) == []


def test_the_search_finds_what_it_is_for(settings, sessions, tmp_path):
    assert marked(f"x {SAID} y".encode()) and marked(SAID.upper().encode())
    packed = "".join(islice(cycle(SAID), 60))
    assert marked(b'{"body": "' + base64.b64encode(packed.encode()) + b'"}')
    assert marked(b"nothing of the kind") is None
    with sessions.begin() as session:
        events.emit(session, kind="k", subject=SAID, at=NOW)
    assert any(one.startswith("table events") for one in in_database(settings.database))
    (tmp_path / "plain.txt").write_text(SAID)
    assert list(in_files(tmp_path))


def test_five_identifiers_a_patient_and_each_is_another_s():
    known = [Canary(number).known for number in (1, 2)]
    assert len(known[0]) == A_PERSON and all(known[0][name] != known[1][name] for name in known[0])
