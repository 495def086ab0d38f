"""The page at the root: health for everybody, the site for whoever signed in with a key."""

from api_service.auth import Role
from api_service.sign_in import COOKIE, IDLE
from shared.registry import keys
from tests.factories import NOW
from tests.integration.api.world import database_away


def sign_in(site, role: Role, **headers):
    return site.client.post("/sign-in", data={"key": site.keys[role]}, headers=headers)


def test_without_a_key_nothing_but_health_is_shown(site):
    champion, _ = site.serve(share=0.0)
    page = site.client.get("/")
    assert page.status_code == 200
    assert "Sign in" in page.text
    assert champion.name not in page.text


def test_a_key_opens_the_page_and_leaving_closes_it(site):
    champion, _ = site.serve(share=0.0)
    entered = sign_in(site, Role.VIEWER)
    assert (entered.status_code, entered.location) == (303, "/")
    cookie = entered.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert site.keys[Role.VIEWER] not in cookie
    assert champion.name in site.client.get("/").text
    site.client.post("/sign-out")
    assert champion.name not in site.client.get("/").text


def test_a_wrong_key_a_key_that_may_not_read_and_another_site_are_refused(site):
    wrong = site.client.post("/sign-in", data={"key": "rnd_x_y"})
    assert (wrong.status_code, "Set-Cookie" in wrong.headers) == (401, False)
    assert sign_in(site, Role.SERVICE).status_code == 401
    assert sign_in(site, Role.VIEWER, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_revoked_key_and_an_altered_cookie_close_the_page(site):
    champion, _ = site.serve(share=0.0)
    sign_in(site, Role.VIEWER)
    with site.sessions.begin() as session:
        keys.revoke(session, "viewer", now=NOW)
    assert champion.name not in site.client.get("/").text
    sign_in(site, Role.STEWARD)
    good = site.client.get_cookie(COOKIE).value
    site.client.set_cookie(COOKIE, good[:-6] + "AAAA" + good[-2:])
    assert champion.name not in site.client.get("/").text


def test_an_idle_session_ends(site, monkeypatch):
    from dataclasses import replace

    champion, _ = site.serve(share=0.0)
    sign_in(site, Role.VIEWER)
    application = site.client.application
    later = replace(site.deps, clock=lambda: NOW + IDLE)
    monkeypatch.setitem(application.extensions, "rounds", later)
    assert champion.name not in site.client.get("/").text


def test_the_page_says_that_the_database_is_away(site):
    with database_away(site):
        assert site.client.get("/").status_code == 503


def test_the_description_needs_no_foreign_code(site):
    page = site.client.get("/api/docs").text
    assert "http://" not in page and "https://" not in page
    assert site.client.get("/static/docs.js").status_code == 200
    assert site.client.get("/static/site.css").status_code == 200
