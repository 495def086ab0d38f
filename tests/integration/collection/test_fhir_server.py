"""A FHIR server over HTTP: pages, waiting, the watermark, deletions, sign-in."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select

from shared.errors import InvalidInputError
from shared.registry.tables import ValidatedCase
from tests.integration.collection import fhir_data as fhir
from tests.integration.collection.fhir_server import FhirServerForTests
from worker_collection.mapping import mapping_text, read_mapping
from worker_collection.sources.fhir.server import FhirServer
from worker_collection.sources.fhir.source import fhir_source

MAPPING = mapping_text("fhir_r4")


@pytest.fixture
def server():
    running = FhirServerForTests()
    running.add(fhir.DOCTOR)
    for n in range(5):
        running.add(fhir.patient(n), fhir.encounter(n), fhir.condition(n))
    yield running
    running.close()


def states(deps) -> dict[str, str]:
    with deps.sessions() as session:
        cases = session.scalars(select(ValidatedCase).order_by(ValidatedCase.version)).all()
    return {case.source_record: case.state.value for case in cases}


def test_every_page_is_read_and_the_next_run_asks_for_what_changed(deps, server, collect_source):
    first = collect_source("fhir", server.url, MAPPING)
    assert (first["collected"], first["refused"]) == (5, {})
    server.asked.clear()
    server.add(fhir.condition(3, "Asthma (disorder)", "195967001", meta=fhir.meta(2, "2026-02-20T08:00:00Z")))
    second = collect_source("fhir", server.url, MAPPING)
    assert second["collected"] == 1
    asked = next(path for path in server.asked if path.startswith("/fhir/Condition?"))
    assert "_lastUpdated=ge2026-02-01T07%3A55" in asked


def test_what_the_server_deleted_leaves(deps, server, collect_source):
    collect_source("fhir", server.url, MAPPING)
    server.deleted.append(("Condition", "cond-0002"))
    del server.resources["Condition"]["cond-0002"]
    assert collect_source("fhir", server.url, MAPPING)["deleted"] == 1
    assert states(deps)["Condition/cond-0002"] == "withdrawn"
    assert sum(state == "validated" for state in states(deps).values()) == 4


def test_a_busy_server_is_waited_for_as_long_as_it_asks(server):
    waited: list[float] = []
    server.busy = ["Wed, 21 Oct 2015 07:28:00 GMT", "7", "99999"]
    source = FhirServer(server.url, read_mapping(MAPPING), pause=waited.append)
    assert source.test().rows == 5
    assert waited == [120.0, 7.0, 0.0]


def test_a_circle_of_pages_is_left_and_the_watermark_stays(deps, server, collect_source):
    server.loops = True
    answer = collect_source("fhir", server.url, MAPPING)
    assert answer["collected"] == 5
    assert answer["refused"]["paging_loop"] > 0
    server.asked.clear()
    collect_source("fhir", server.url, MAPPING)
    assert not any("_lastUpdated" in path for path in server.asked)


def test_a_page_on_another_server_ends_the_run(server, collect_source):
    server.elsewhere = "http://127.0.0.1:9/fhir"
    answer = collect_source("fhir", server.url, MAPPING)
    assert (answer["state"], "another server" in answer["error"]) == ("failed", True)


@pytest.mark.parametrize("kind", ["rsa", "p384"])
def test_the_site_signs_in_with_its_key(deps, server, kind, tmp_path, collect_source):
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP384R1())
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server.public_key = key.public_key()
    mapping = f'{MAPPING}\nclient_id = "rounds-test"\nkey_id = "k1"\nkey_file = "{path}"\n'
    assert collect_source("fhir", server.url, mapping)["collected"] == 5
    server.tokens.clear()  # the server takes no token any more; another one is fetched
    assert collect_source("fhir", server.url, mapping)["state"] == "completed"


def test_a_token_from_a_file(server, tmp_path):
    server.public_key = "a token will do"
    server.tokens.add("long-lived")
    (tmp_path / "token").write_text("long-lived\n")
    mapping = read_mapping(f'{MAPPING}\ntoken_file = "{tmp_path / "token"}"\n')
    assert fhir_source(server.url, mapping).test().rows == 5
    (tmp_path / "token").write_text("another")
    with pytest.raises(InvalidInputError, match="401"):
        fhir_source(server.url, mapping, at=datetime.now(UTC)).test()


def test_an_outcome_in_the_place_of_a_page_is_told_and_the_type_is_asked_for_again(server, collect_source):
    server.outcome_for = "Condition"
    first = collect_source("fhir", server.url, MAPPING)
    assert (first["state"], first["collected"], first["refused"]) == ("completed", 0, {"not_a_page": 1})
    server.outcome_for = ""
    assert collect_source("fhir", server.url, MAPPING)["collected"] == 5
