"""The C-STORE listener: who may send, what lies sealed, when a series is whole, what is gone afterwards."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from pynetdicom import AE
from sqlalchemy import select

from shared.errors import InvalidInputError
from shared.registry import runs, sources
from shared.registry.tables import ValidatedCase
from tests.integration.collection.dicom_files import Patient, disc
from tests.ports import free_ports
from worker_collection import collect as stage
from worker_collection.dicom.listener import Address, Spool, serve
from worker_collection.mapping import mapping_text
from worker_collection.sources.opening import spool_of


@pytest.fixture
def port():
    return free_ports()


@pytest.fixture
def source(deps, port):
    url = f"dicom://127.0.0.1:{port}?aet=ROUNDS&allow=CT1,MR1&settle=60"
    with deps.sessions.begin() as session:
        return sources.add(
            session, "modality", kind="dicom", address=url, mapping=mapping_text("dicom"),
            model_type="segmentation", vault=deps.vault, now=deps.clock(), actor="test",
        )  # fmt: skip


@pytest.fixture
def listening(deps, source):
    stopped = Event()
    address = Address.read(sources.address(source, deps.vault))
    spool = Spool(deps.storage, deps.vault, spool_of(source))
    thread = Thread(target=serve, args=(address, spool, deps.clock), kwargs={"stopped": stopped})
    thread.start()
    yield address
    stopped.set()
    thread.join(10)
    assert not thread.is_alive()


def send(address, *headers, as_title="CT1", to="ROUNDS"):
    """Send as a machine does; the status of each, None where nobody accepted."""
    entity = AE(ae_title=as_title)
    for kind in sorted({header.SOPClassUID for header in headers}):
        entity.add_requested_context(kind)
    for _ in range(50):
        association = entity.associate(address.host, address.port, ae_title=to)
        if association.is_established or association.is_rejected:
            break
    if not association.is_established:
        return [None for _ in headers]
    answers = [association.send_c_store(header).Status for header in headers]
    association.release()
    return answers


def collected(deps, source, later, *, seconds):
    with deps.sessions.begin() as session:
        run = runs.create(session, source, now=deps.clock(), triggered_by="test", ring=False)
    stage.collect_run(run.id, later(deps.clock() + timedelta(seconds=seconds)))
    with deps.sessions() as session:
        return runs.answer(runs.get(session, run.id))


def test_what_is_sent_lies_sealed_until_its_series_is_quiet_and_is_gone_then(deps, source, listening, later):
    patient = Patient()
    slices = [patient.slice() for _ in range(2)]
    label = patient.segmentation(disc()[None], ApprovalStatus="APPROVED")
    assert send(listening, *slices, label) == [0, 0, 0]
    keys = list(deps.storage.keys(spool_of(source)))
    assert len(keys) == 3
    said = "".join(keys) + "".join(deps.storage.get(key).decode("latin-1") for key in keys)
    for secret in ("Quillfeather", patient.series, slices[0].SOPInstanceUID, "DICM"):
        assert secret not in said
    assert collected(deps, source, later, seconds=10)["collected"] == 0  # more may come
    answer = collected(deps, source, later, seconds=61)
    assert (answer["collected"], answer["pending"]) == (1, 1)
    assert list(deps.storage.keys(spool_of(source))) == []
    with deps.sessions() as session:
        assert len(session.scalars(select(ValidatedCase)).all()) == 2


def test_nobody_else_may_send(deps, source, listening):
    one = Patient().slice()
    assert send(listening, one, as_title="STRANGER") == [None]
    assert send(listening, one, to="SOMEBODY") == [None]
    assert send(listening, one, as_title="MR1") == [0]
    assert len(list(deps.storage.keys(spool_of(source)))) == 1


def test_what_comes_again_is_counted_and_kept_once(deps, source, listening, later):
    one = Patient().slice()
    assert send(listening, one) == send(listening, one, as_title="MR1") == [0]
    answer = collected(deps, source, later, seconds=61)
    assert (answer["pending"], answer["duplicates"]) == (1, 1)
    assert list(deps.storage.keys(spool_of(source))) == []


@pytest.mark.parametrize(
    "url",
    [
        "dicom://0.0.0.0?allow=A",
        "dicom://0.0.0.0:99999?allow=A",
        "dicom://0.0.0.0:104",
        "dicom://0.0.0.0:104?allow=A&aet=MUCHTOOLONGATITLE",
        "dicom://0.0.0.0:104?allow=A&settle=soon",
    ],
)
def test_a_wrong_address_says_what_would_be_right(url):
    with pytest.raises(InvalidInputError) as refused:
        Address.read(url)
    assert refused.value.field == "url" and "allow=" in (refused.value.fix or "")
