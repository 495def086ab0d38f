"""Which cases a silent version is asked about: the oldest that are of use, for both versions in step."""

from shared.registry import facts, predictions
from shared.registry.facts import Cursor, Scope
from shared.registry.tables import PredictionInput
from tests.factories import NOW, a_prediction, a_version

START = Cursor(0)


def answered(session, version, *, kept=True):
    row = a_prediction(session, version)
    if kept:
        session.add(PredictionInput(prediction_id=row.id, sealed=b"sealed", expires_at=NOW))
    session.flush()
    return row


def test_the_oldest_cases_that_lack_an_answer_are_found_and_what_is_consumed_is_looked_at_no_more(session):
    champion, challenger, third = (a_version(session) for _ in range(3))
    versions = champion.id, challenger.id
    first = answered(session, champion)
    answered(session, champion, kept=False)
    second, both, before = (answered(session, one) for one in (challenger, champion, third))
    silent = {"label": "Migraine", "confidence": 0.5, "at": NOW}
    predictions.add_scores(session, [silent | {"prediction_id": both.id, "model_version_id": challenger.id}])

    def found(cursor=START, limit=10, base=0):
        scope = Scope(champion.model_type, base)
        rows = facts.unpaired_answers(session, scope, versions, cursor=cursor, limit=limit)
        assert all(row.sealed == b"sealed" for row in rows)
        return [(row.id, row.lacks) for row in rows]

    all_three = [(first.id, (challenger.id,)), (second.id, (champion.id,)), (before.id, versions)]
    assert found() == all_three
    assert found(limit=2) == all_three[:2]
    assert found(Cursor(before.seq)) == []
    assert found(Cursor(both.seq, (first.seq,))) == [all_three[0], all_three[2]]
    assert found(base=first.seq) == all_three[1:]
