"""Bulk Data from a server: kicked off, waited for, read, forgotten; interrupted, it goes on where it was."""

import json

import pytest
from sqlalchemy import select

from shared.errors import PartDownError
from shared.registry.tables import Source, ValidatedCase
from tests.integration.collection import fhir_data as fhir
from tests.integration.collection.fhir_server import FhirServerForTests
from worker_collection.mapping import mapping_text, read_mapping
from worker_collection.sources.fhir.bulk import FhirBulk

MAPPING = mapping_text("fhir_r4").replace("page_size = 200", 'page_size = 200\nbulk = "group/all"')
FIRST, SECOND = "2026-02-02T00:00:00Z", "2026-02-09T00:00:00Z"


@pytest.fixture
def server():
    running = FhirServerForTests()
    yield running
    running.close()


def offer(server, at: str, *resources, deleted: tuple[str, ...] = (), more: str = "") -> None:
    """Make an export of these ready, a file a type."""
    kinds: dict[str, list[str]] = {}
    for one in resources:
        kinds.setdefault(one["resourceType"], []).append(json.dumps(one))
    server.files = {f"{kind}.ndjson": ("\n".join(lines) + more).encode() for kind, lines in kinds.items()}
    output = [{"type": kind, "url": f"{server.url}/files/{kind}.ndjson"} for kind in kinds]
    server.manifest = {"transactionTime": at, "requiresAccessToken": False, "output": output, "error": []}
    if deleted:
        entries = [{"request": {"method": "DELETE", "url": name}} for name in deleted]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        server.files["gone.ndjson"] = json.dumps(bundle).encode()
        server.manifest["deleted"] = [{"type": "Bundle", "url": f"{server.url}/files/gone.ndjson"}]


def people(n: int):
    return [one for number in range(n) for one in (fhir.patient(number), fhir.encounter(number))]


def test_an_export_is_asked_for_waited_for_read_and_forgotten(deps, server, collect_source):
    offer(server, FIRST, fhir.DOCTOR, *people(3), *map(fhir.condition, range(3)), more="\n{broken\n")
    server.waits = ["0", "1"]
    first = collect_source("fhir", server.url, MAPPING)
    assert first["collected"] == 3
    assert first["refused"] == {"broken_line": 4}  # one in each file
    asked = server.exports[0]
    assert (asked["path"], asked["prefer"]) == ("/fhir/Group/all/$export", "respond-async")
    assert "Condition" in asked["_type"]
    assert "_since" not in asked
    assert server.forgotten == ["1"]
    server.forgotten.clear()
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    changed = fhir.condition(1, meta=fhir.meta(2), **refuted)
    offer(server, SECOND, changed, deleted=("Condition/cond-0002",))
    second = collect_source("fhir", server.url, MAPPING)
    assert server.exports[1]["_since"] == FIRST
    assert (second["deleted"], second["refused"]) == (1, {"refuted": 1})
    with deps.sessions() as session:
        states = dict(session.execute(select(ValidatedCase.source_record, ValidatedCase.state)).all())
        assert session.scalars(select(Source)).one().watermark["exported"] == SECOND
    told = {key[-1]: state.value for key, state in states.items()}
    assert told == {"0": "validated", "1": "rejected", "2": "withdrawn"}


def test_an_export_that_broke_off_goes_on_where_it_was(server, collect_source):
    offer(server, FIRST, fhir.DOCTOR, *people(2), fhir.condition(0), fhir.condition(1))
    server.breaks_off = True
    failed = collect_source("fhir", server.url, MAPPING)
    assert (failed["state"], failed["error"]) == ("failed", "a file of the export broke off")
    server.breaks_off = False
    assert collect_source("fhir", server.url, MAPPING)["collected"] == 2
    assert len(server.exports) == 1


def test_an_export_that_the_server_forgot_is_asked_for_again(server, collect_source):
    offer(server, FIRST, fhir.DOCTOR, *people(1), fhir.condition(0))
    server.breaks_off = True
    collect_source("fhir", server.url, MAPPING)
    server.breaks_off, server.forgotten = False, ["1"]
    assert collect_source("fhir", server.url, MAPPING)["collected"] == 1
    assert len(server.exports) == 2


def test_an_export_that_never_ends_is_given_up(server):
    server.waits = ["100"] * 1000
    waited: list[float] = []
    feed = FhirBulk(server.url, read_mapping(MAPPING), pause=waited.append)
    with pytest.raises(PartDownError, match="does not end"):
        feed._awaited(f"{server.url}/jobs/1")
    assert sum(waited) >= 6 * 3600
