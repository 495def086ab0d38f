"""What browsers load: the bundle under a strict policy, and sessions that end."""

from dataclasses import replace

import pytest

from api_service.auth import Role
from api_service.routes import pages
from api_service.sign_in import COOKIE, IDLE
from shared.registry import keys
from tests.factories import NOW
from tests.integration.api.world import database_away

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A bundle of three files, as the build leaves them."""
    monkeypatch.setattr(pages, "BUNDLE", tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html><title>Rounds</title>")
    (tmp_path / "a.js").write_text("plain")
    (tmp_path / "a.js.br").write_bytes(b"brotli")
    return tmp_path


def sign_in(site, role: Role, **headers):
    return site.call("POST", "/session", json={"key": site.keys[role]}, headers=OURS | headers)


def test_a_key_opens_a_session_and_leaving_closes_it(site):
    entered = sign_in(site, Role.CLINICIAN)
    assert entered.status_code == 200
    assert (entered.json["name"], entered.json["roles"]) == ("clinician", ["clinician"])
    assert "POST /models/rollback" in entered.json["may"] and "POST /pause" not in entered.json["may"]
    cookie = entered.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert site.keys[Role.CLINICIAN] not in cookie
    assert site.call("GET", "/session").json["name"] == "clinician"
    site.call("POST", "/session/end", headers=OURS)
    assert site.call("GET", "/session").status_code == 401


def test_a_wrong_key_a_key_that_may_not_read_and_another_site_are_refused(site):
    wrong = site.call("POST", "/session", json={"key": "rnd_x_y"}, headers=OURS)
    assert (wrong.status_code, "Set-Cookie" in wrong.headers) == (401, False)
    assert sign_in(site, Role.SERVICE).status_code == 403
    assert sign_in(site, Role.VIEWER, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_session_does_what_its_roles_may_and_only_from_this_site_s_own_page(site):
    sign_in(site, Role.OPERATOR)
    assert site.call("GET", "/models/available").status_code == 200
    assert site.call("GET", "/cases").status_code == 403
    assert site.call("POST", "/pause", headers=OURS).status_code == 200
    for headers in ({}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://elsewhere"}):
        assert site.call("POST", "/resume", headers=headers).status_code == 403
    plain = {"Origin": "http://localhost"}  # on a plain address a browser names only the page's origin
    assert site.call("POST", "/resume", headers=plain).status_code == 200


def test_a_revoked_key_and_an_altered_cookie_end_the_session(site):
    sign_in(site, Role.VIEWER)
    with site.sessions.begin() as session:
        keys.revoke(session, "viewer", now=NOW)
    assert site.call("GET", "/session").status_code == 401
    sign_in(site, Role.STEWARD)
    good = site.client.get_cookie(COOKIE).value
    site.client.set_cookie(COOKIE, good[:-6] + "AAAA" + good[-2:])
    assert site.call("GET", "/session").status_code == 401


def test_an_idle_session_ends_and_one_at_work_goes_on(site, monkeypatch):
    sign_in(site, Role.VIEWER)
    application = site.client.application
    later = replace(site.deps, clock=lambda: NOW + IDLE / 2)
    monkeypatch.setitem(application.extensions, "rounds", later)
    assert "Set-Cookie" not in site.call("GET", "/session").headers
    assert "Set-Cookie" in site.call("POST", "/session/renew", headers=OURS).headers
    for share, status in ((1.2, 200), (1.6, 401)):
        later = replace(site.deps, clock=lambda share=share: NOW + share * IDLE)
        monkeypatch.setitem(application.extensions, "rounds", later)
        assert site.call("GET", "/session").status_code == status


def test_the_page_allows_no_inline_code_and_no_other_site(site, bundle):
    for address in ("/", "/cases", "/models/diagnosis-1"):
        page = site.client.get(address)
        assert page.status_code == 200
        policy = page.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy and "style-src 'self';" in policy
        assert "unsafe" not in policy and "connect-src 'self' http://localhost:8001;" in policy
    assert site.client.get("/elsewhere").status_code == 404


def test_a_host_that_is_none_gets_into_no_policy(site, bundle):
    page = site.client.get("/", headers={"Host": "a; script-src *"})
    assert "*" not in page.headers["Content-Security-Policy"]


def test_a_file_of_the_bundle_is_as_small_as_the_browser_takes_it_and_kept_for_good(site, bundle):
    small = site.client.get("/app/a.js", headers={"Accept-Encoding": "gzip, br"})
    assert (small.data, small.headers["Content-Encoding"]) == (b"brotli", "br")
    assert "javascript" in small.content_type and "immutable" in small.headers["Cache-Control"]
    assert site.client.get("/app/a.js").data == b"plain"
    for name in ("index.html", "a.js.br", "../secret", "none.js"):
        assert site.client.get(f"/app/{name}").status_code == 404


def test_a_tree_that_was_not_built_says_how(site, bundle):
    (bundle / "index.html").unlink()
    page = site.client.get("/")
    assert page.status_code == 503
    assert "make dashboard" in page.text


def test_the_page_comes_with_the_database_away(site, bundle):
    with database_away(site):
        assert site.client.get("/").status_code == 200


def test_the_description_needs_no_foreign_code(site):
    page = site.client.get("/api/docs").text
    assert "http://" not in page and "https://" not in page
    assert site.client.get("/static/docs.js").status_code == 200
    assert site.client.get("/static/site.css").status_code == 200


def test_the_first_view_comes_in_one_answer_and_tells_nobody_anything(site):
    assert site.client.get("/api/phase-7/dashboard/start").json["session"] is None
    service = site.call("GET", "/dashboard/start", Role.SERVICE).json
    assert (service["session"], service["overview"]) == (None, None)
    site.serve(share=0.25)
    found = site.call("GET", "/dashboard/start", Role.VIEWER).json
    assert found["session"]["roles"] == ["viewer"]
    for name, path in (("overview", "/dashboard/overview"), ("ab_test", "/models/ab-test")):
        alone = site.get(path).json
        alone.pop("system_health", None), found[name].pop("system_health", None)  # its ages move on
        assert found[name] == alone
