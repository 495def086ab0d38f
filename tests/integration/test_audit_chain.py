"""Somebody who owns the database attacks the audit trail; each attack is named by whoever verifies."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from rounds.audit_files import write_files
from shared import verifier
from shared.broker.notary import CHECKPOINT_SECONDS, SEAL_SECONDS, Notary
from shared.proofs import Witness, audit_holds
from shared.registry import audit, audit_chain
from shared.signing import SigningKeyError, key_file, open_signer
from shared.storage.objects import open_storage
from shared.verifier import Checkpoint, canonical, link
from tests.factories import a_version


class Trail:
    """A site's trail with its notary, and the hands of somebody who owns its database."""

    def __init__(self, settings, sessions, now) -> None:
        self.settings, self.sessions, self.now = settings, sessions, now
        self.storage, self.signer = open_storage(settings), open_signer(settings)
        self.seconds = 0.0
        self.notary = Notary(sessions, storage=self.storage, signer=self.signer, clock=lambda: now)

    def act(self, *subjects: str) -> None:
        """One audited act on each subject, sealed and signed."""
        for subject in subjects:
            with self.sessions.begin() as session:
                audit.write(session, act="read", subject=("cases", subject), actor="key:a", at=self.now)
        self.seconds += CHECKPOINT_SECONDS + SEAL_SECONDS
        self.notary.turn(at=self.seconds)

    def attack(self, *statements: str) -> None:
        """Run statements as the owner, with every guard of the database switched off."""
        engine = create_engine(self.settings.database)
        with engine.begin() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def rechain(self) -> None:
        """Write every hash anew, so that the chain fits the events as they are now."""
        engine = create_engine(self.settings.database)
        with Session(engine) as session, session.begin():
            session.execute(text("SET session_replication_role = replica"))
            previous = verifier.GENESIS
            for sealed in list(audit_chain.chain(session)):
                previous = link(previous, sealed.event)
                told = {"hash": previous, "position": sealed.position}
                session.execute(text("UPDATE audit_seals SET hash = :hash WHERE position = :position"), told)
        engine.dispose()

    def found(self, *brought: Checkpoint) -> list[str]:
        witness = Witness(self.storage, self.signer.public_pem(), brought)
        with self.sessions() as session:
            return list(audit_holds(session, witness))


@pytest.fixture
def trail(settings, sessions, now) -> Trail:
    made = Trail(settings, sessions, now)
    made.act("1", "2", "3")
    made.act("4", "5", "6")
    assert made.found() == []
    return made


def the_only(found: list[str], *words: str) -> None:
    assert len(found) == 1, found
    assert all(word in found[0] for word in words), found


def test_an_edited_event_is_named(trail):
    trail.attack("UPDATE audit_events SET actor = 'nobody' WHERE subject_id = '2'")
    the_only(trail.found(), "position 2", "not as it was sealed")


def test_an_event_dated_back_is_named(trail):
    trail.attack("UPDATE audit_events SET at = at - interval '1 year' WHERE subject_id = '3'")
    the_only(trail.found(), "position 3")


def test_a_removed_event_is_named(trail):
    trail.attack("DELETE FROM audit_events WHERE subject_id = '4'")
    the_only(trail.found(), "position 4 was removed")


def test_swapped_events_are_named(trail):
    swap = "UPDATE audit_events SET subject_id = CASE subject_id WHEN '1' THEN '2' ELSE '1' END"
    trail.attack(f"{swap} WHERE subject_id IN ('1', '2')")
    found = trail.found()
    assert len(found) == 2
    assert "position 1," in found[0]


def test_an_event_put_in_under_an_old_number_is_named(trail):
    trail.attack("UPDATE audit_seals SET sealed_at = now() - interval '2 hours'")
    trail.attack(
        "INSERT INTO audit_events (seq, at, actor, act, subject_kind, subject_id, details) OVERRIDING SYSTEM "
        "VALUE SELECT -1, at, actor, act, subject_kind, '9', details FROM audit_events LIMIT 1"
    )
    trail.act("7")
    the_only(trail.found(), "event -1 was added")


def test_a_removed_place_is_named(trail):
    trail.attack("DELETE FROM audit_seals WHERE position = 2")
    found = trail.found()
    assert "positions 2 to 2 are missing" in found[0]


def test_an_end_that_was_cut_off_is_named(trail):
    trail.attack(
        "DELETE FROM audit_events WHERE subject_id > '4'", "DELETE FROM audit_seals WHERE position > 4"
    )
    the_only(trail.found(), "its end was cut off")


def test_an_end_cut_off_with_its_checkpoint_is_named_by_the_store(trail):
    trail.attack(
        "DELETE FROM audit_events WHERE subject_id > '3'",
        "DELETE FROM audit_seals WHERE position > 3",
        "DELETE FROM audit_checkpoints WHERE size > 3",
    )
    found = trail.found()
    assert "its end was cut off" in found[0]
    assert "lacks the checkpoint over 6" in found[1]


def test_an_end_cut_off_here_and_in_the_store_is_named_by_a_mail(trail):
    with trail.sessions() as session:
        mailed = Checkpoint.from_text(audit_chain.newest(session).text())
    trail.attack(
        "DELETE FROM audit_events WHERE subject_id > '3'",
        "DELETE FROM audit_seals WHERE position > 3",
        "DELETE FROM audit_checkpoints WHERE size > 3",
    )
    trail.storage.delete(f"{audit_chain.CHECKPOINTS}{6:012d}.json")
    assert trail.found() == []
    assert "its end was cut off" in trail.found(mailed)[0]


def test_a_chain_written_anew_is_named_with_its_checkpoints(trail):
    trail.attack("UPDATE audit_events SET actor = 'nobody' WHERE subject_id = '5'")
    trail.rechain()
    the_only(trail.found(), "written anew between", "up to position 6")


def test_checkpoints_signed_with_another_key_are_named(trail, tmp_path):
    other = open_signer(trail.settings.model_copy(update={"home": tmp_path / "other"}))
    trail.attack("UPDATE audit_events SET actor = 'nobody' WHERE subject_id = '5'")
    trail.rechain()
    with trail.sessions() as session:
        last = list(audit_chain.chain(session))[-1]
        forged = vars(audit_chain.newest(session)) | {"hash": last.hash.hex(), "signature": ""}
    forged["signature"] = other.sign(Checkpoint(**forged).statement())
    trail.attack(
        f"UPDATE audit_checkpoints SET body = '{canonical(forged)}' WHERE size = 6".replace(":", r"\:")
    )
    assert any("bears no signature" in sentence for sentence in trail.found())


def test_a_checkpoint_of_the_table_that_cannot_be_read_is_named(trail):
    trail.attack("UPDATE audit_checkpoints SET body = body - 'evidence_seq' WHERE size = 3")
    found = trail.found()
    assert "what the table holds over 3 events is no checkpoint" in found


def test_a_second_chain_of_the_same_length_is_named(trail):
    with trail.sessions() as session:
        signed = vars(audit_chain.newest(session)) | {"hash": "0" * 64, "signature": ""}
    signed["signature"] = trail.signer.sign(Checkpoint(**signed).statement())
    assert "written anew" in trail.found(Checkpoint(**signed))[0]


def test_an_older_state_brought_back_is_named(trail):
    trail.attack("CREATE TABLE kept AS SELECT * FROM audit_events")
    trail.act("7", "8")
    trail.attack(
        "DELETE FROM audit_events WHERE seq NOT IN (SELECT seq FROM kept)",
        "DELETE FROM audit_seals WHERE position > 6",
        "DELETE FROM audit_checkpoints WHERE size > 6",
    )
    trail.act("9")
    found = trail.found()
    assert any("held 8 events" in sentence for sentence in found)


def test_what_commits_late_under_a_low_number_still_gets_a_place(trail):
    with trail.sessions() as late:
        audit.write(late, act="read", subject=("cases", "late"), actor="key:a", at=trail.now)
        late.flush()
        trail.act("7")
        with trail.sessions() as session:
            assert session.scalar(text("SELECT max(position) FROM audit_seals")) == 7
        late.commit()
    trail.act()
    with trail.sessions() as session:
        assert session.scalar(text("SELECT max(position) FROM audit_seals")) == 8
    assert trail.found() == []


def test_a_new_process_goes_on_where_the_last_one_stopped(trail):
    trail.notary = Notary(trail.sessions, storage=trail.storage, signer=trail.signer, clock=lambda: trail.now)
    trail.seconds = 0.0
    trail.act("7")
    assert trail.found() == []
    with trail.sessions() as session:
        assert [one.size for one in audit_chain.checkpoints(session)] == [3, 6, 7]


def test_a_checkpoint_that_reached_only_the_store_is_taken_over(trail):
    trail.attack("DELETE FROM audit_checkpoints WHERE size = 6")
    assert trail.notary.sign().size == 6
    assert trail.found() == []


def test_a_release_is_signed_at_once(trail, now):
    from shared.registry import evidence

    with trail.sessions.begin() as session:
        evidence.append(session, a_version(session), transition="promote", actor="rule", body={}, at=now)
        audit.write(session, act="promote", subject=("versions", "v"), actor="rule", at=now)
    trail.notary.turn(at=trail.seconds + SEAL_SECONDS)
    with trail.sessions() as session:
        assert audit_chain.newest(session).evidence_seq == 1


def test_files_are_proven_by_a_program_that_knows_nothing_of_rounds(trail, tmp_path):
    folder = tmp_path / "files"
    with trail.sessions() as session:
        write_files(session, folder, public_pem=trail.signer.public_pem())
    program = folder / "verifier.py"
    command = [sys.executable, "-I", str(program), str(folder)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    lines = (folder / "audit.jsonl").read_text().splitlines()
    altered = json.loads(lines[3])
    altered["event"]["actor"] = "nobody"
    (folder / "audit.jsonl").write_text("\n".join([*lines[:3], json.dumps(altered), *lines[4:]]))
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, "position 4" in done.stdout) == (1, True)


def test_a_key_that_others_may_read_is_refused(settings):
    open_signer(settings)
    key_file(settings).chmod(0o644)
    with pytest.raises(SigningKeyError, match="readable by others"):
        open_signer(settings)
    assert Path(key_file(settings)).exists()
