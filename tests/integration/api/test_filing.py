"""An answer is filed before it is shown, and only while its version has a seat."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select, text

from api_service.auth import Role
from api_service.plan_cache import CONFIRMED_SECONDS
from shared.registry import answer_door, deployments, persons
from shared.registry.releases import Cause
from shared.registry.tables import Person, PersonIdentity, Prediction
from tests.factories import NOW
from tests.integration.api.world import Site, database_away

KEY = {"Idempotency-Key": "key-1"}


def ask(site: Site, **more):
    wish = {"person": "p-1", "encounter": "e-1", "text": "throbbing headache"}
    return site.post("/predict", Role.SERVICE, wish, **more)


def filed(site: Site) -> list[str]:
    with site.sessions() as session:
        return list(session.scalars(select(Prediction.digest).order_by(Prediction.seq)))


def rolled_back_unheard(site: Site) -> None:
    """The plan changes in the registry, and the router has not heard of it."""
    site.server.before = lambda: None
    with site.sessions.begin() as session:
        deployments.rollback_by_person(session, "diagnosis", None, cause=Cause("test", "it errs", NOW))


def test_an_answer_without_a_seat_where_it_is_filed_is_not_filed_and_not_shown(site):
    champion, challenger = site.serve(share=1.0)
    site.server.before = lambda: rolled_back_unheard(site)
    told = ask(site).json
    assert site.server.asked == [challenger.digest, champion.digest]
    assert (told["model_version"], told["plan_version"]) == (champion.name, 2)
    assert filed(site) == [champion.digest]


def test_under_a_key_the_answer_that_was_shown_is_the_one_that_is_kept(site):
    champion, _ = site.serve(share=1.0)
    site.server.before = lambda: rolled_back_unheard(site)
    first, again = ask(site, headers=KEY), ask(site, headers=KEY)
    assert first.data == again.data
    assert first.json["model_version"] == champion.name
    assert filed(site) == [champion.digest]


def test_an_answer_that_took_too_long_to_file_is_not_shown_of_a_challenger(site):
    champion, challenger = site.serve(share=1.0)
    ask(site)  # the person and the key are known
    with ThreadPoolExecutor(1) as pool, site.sessions() as session:
        session.scalars(select(Person).with_for_update()).all()
        answer = pool.submit(ask, site)
        _until_somebody_waits(site)
        site.seconds[0] = CONFIRMED_SECONDS + 0.01
        session.rollback()
        told = answer.result(20).json
    assert told["model_version"] == champion.name
    assert filed(site) == [challenger.digest] * 2  # the second of them nobody saw
    assert site.deps.filing.answers.waiting() == 1


def test_an_answer_given_without_the_database_is_not_given_again_under_its_key(site):
    site.serve(share=0.0)
    ask(site)  # the key is known
    with database_away(site):
        assert ask(site, headers=KEY).status_code == 200
    site.deps.filing.answers.file(site.deps.filing._file_answer)
    again = ask(site, headers=KEY)
    assert (again.status_code, again.json["code"]) == (409, "filed_before")
    assert len(filed(site)) == 2


def test_a_patient_seen_first_by_many_at_once_is_one_person(site):
    def know(_turn: int) -> object:
        sight = persons.sight("p-9", vault=site.deps.vault, evaluation_share=0.2, now=NOW)
        return answer_door.know(site.deps.sessions, sight)

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(know, range(24)))) == 1
    with site.sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1
        assert session.scalar(select(PersonIdentity.kind)) == "app"
        assert persons.of(session, "p-9", vault=site.deps.vault, now=NOW).id == know(0)[0]


def _until_somebody_waits(site: Site) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with site.sessions() as session:
            if session.scalar(waiting):
                return
        threading.Event().wait(0.01)
    raise AssertionError("nobody waits for the person")
