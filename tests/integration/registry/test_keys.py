from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import keys, switches
from shared.registry.tables import ApiKey, AuditEvent


def test_a_key_opens_until_it_is_revoked(session, now):
    row, text = keys.create(session, "desk", ["viewer", "clinician"], now=now)
    found = keys.find(session, text, now)
    assert found is not None and found.id == row.id
    assert found.roles == ["clinician", "viewer"] and found.last_used_at == now
    keys.revoke(session, "desk", now=now)
    assert keys.find(session, text, now) is None


def test_a_key_ends_at_its_date(session, now):
    _, text = keys.create(session, "guest", ["viewer"], now=now, expires_at=now + timedelta(days=1))
    assert keys.find(session, text, now + timedelta(hours=23))
    assert keys.find(session, text, now + timedelta(days=1)) is None


ALMOST = {
    "shorter": lambda text: text[:-1],
    "longer": lambda text: text + "0",
    "another mark": lambda text: text.replace("rnd", "abc"),
    "nothing": lambda text: "",
    "no secret": lambda text: text.rsplit("_", 1)[0],
    "only the mark": lambda text: "rnd__",
}


@pytest.mark.parametrize("spoil", ALMOST.values(), ids=ALMOST.keys())
def test_a_key_that_is_almost_right_opens_nothing(session, now, spoil):
    _, text = keys.create(session, "desk", ["viewer"], now=now)
    assert keys.find(session, spoil(text), now) is None


def test_the_key_itself_is_nowhere_in_the_database(session, now):
    _, text = keys.create(session, "desk", ["viewer"], now=now)
    row = session.scalar(select(ApiKey).where(ApiKey.name == "desk"))
    secret = text.rsplit("_", 1)[1]
    assert len(bytes.fromhex(secret)) == 32
    assert secret not in repr({column: getattr(row, column) for column in list(ApiKey.__table__.c.keys())})


def test_unknown_roles_doubled_names_and_missing_keys_are_refused(session, now):
    keys.create(session, "desk", ["viewer"], now=now)
    with pytest.raises(InvalidInputError, match="king is not a role"):
        keys.create(session, "crown", ["king"], now=now)
    with pytest.raises(InvalidInputError, match="needs a role"):
        keys.create(session, "crown", [], now=now)
    with pytest.raises(ConflictError):
        keys.create(session, "desk", ["admin"], now=now)
    with pytest.raises(NotFoundError):
        keys.revoke(session, "nobody", now=now)


def test_a_switch_is_written_and_audited_once(session, now):
    def audited():
        return session.scalar(select(func.count()).where(AuditEvent.subject_id == switches.PAUSED))

    before = audited()
    assert not switches.is_on(session, switches.PAUSED)
    assert switches.turn(session, switches.PAUSED, on=True, actor="cli", now=now)
    assert not switches.turn(session, switches.PAUSED, on=True, actor="cli", now=now)
    assert switches.is_on(session, switches.PAUSED)
    assert switches.turn(session, switches.PAUSED, on=False, actor="cli", now=now)
    assert not switches.is_on(session, switches.PAUSED)
    assert audited() == before + 2
