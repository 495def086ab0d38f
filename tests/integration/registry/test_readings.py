"""What a reader is shown first: what a release waits for, however much of the rest nobody has read."""

from datetime import timedelta

import pytest

from shared.registry import readings
from shared.registry.readings import KINDS, Wanted
from shared.registry.tables import Reading
from tests import factories as make

EACH = 30


@pytest.fixture
def unread(session, now):
    """Of each kind thirty, an hour apart, the hard ones on Dr. Rao's list."""
    version, person = make.a_version(session), make.a_person(session).id
    for kind in reversed(KINDS):
        for hour in range(EACH):
            row = make.a_prediction(session, version, person_id=person)
            asked = [Wanted(row.id, kind, ["Gout"], 1.0)]
            readings.ask(session, "diagnosis", asked, now=now + timedelta(hours=hour))
    session.query(Reading).filter_by(kind="hard").update({"wanted_of": "dr.rao"})


@pytest.mark.usefixtures("unread")
def test_what_nobody_reads_never_hides_what_a_decision_waits_for(session, now):
    first = readings.open(session, "diagnosis", 2 * EACH)
    assert [one.kind for one in first] == [KINDS[0]] * EACH + [KINDS[1]] * EACH
    assert first[0].asked_at == now + timedelta(hours=EACH - 1)
    assert first[EACH - 1].asked_at == now


@pytest.mark.usefixtures("unread")
def test_a_list_is_narrowed_by_kind_by_type_and_to_ones_own(session):
    assert {one.kind for one in readings.open(session, limit=200, kinds=("audit",))} == {"audit"}
    assert readings.open(session, "another", 200) == []
    mine = readings.open(session, "diagnosis", 200, clinician="dr.rao")
    others = readings.open(session, "diagnosis", 200, clinician="dr.sen")
    assert (len(mine), len(others)) == (3 * EACH, 2 * EACH)
