"""What is unsafe stops the start, or is made safe by it: files, keys, folders, headers, Flower."""

import stat

import pytest

from api_service.auth import Role
from shared.broker import flower
from shared.config import Settings, load_settings
from shared.embedded import prepare_home
from shared.errors import Error
from shared.signing import key_file, open_signer
from shared.vault import open_vault

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def test_every_address_is_of_this_machine_alone_as_it_comes():
    for name in ("api_bind", "events_bind", "flower_bind", "model_server_bind"):
        assert Settings.model_fields[name].default.startswith("127.0.0.1:"), name


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o666])
def test_a_secret_that_others_may_read_stops_the_start(tmp_path, mode):
    secret = tmp_path / "site.secret"
    open_vault(secret)
    secret.chmod(mode)
    with pytest.raises(Error, match="readable by others"):
        open_vault(secret)


def test_a_secret_that_is_short_or_a_key_that_is_none_stops_the_start(tmp_path):
    secret = tmp_path / "site.secret"
    secret.write_bytes(b"changeme")
    secret.chmod(0o600)
    with pytest.raises(Error, match="fewer than 32"):
        open_vault(secret)
    settings = load_settings(home=tmp_path / "home")
    open_signer(settings)
    key_file(settings).write_text("no key")
    with pytest.raises(Error, match="no Ed25519 key"):
        open_signer(settings)


def test_a_home_that_others_may_enter_is_refused_or_closed(tmp_path):
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    (theirs / "thing").touch()
    with pytest.raises(Error, match="open to other users"):
        prepare_home(load_settings(home=theirs))
    prepare_home(load_settings(home=mine))
    assert stat.S_IMODE(mine.stat().st_mode) == 0o700
    for name in ("logs", "keys", "artifacts", "spool"):
        assert stat.S_IMODE((mine / name).stat().st_mode) == 0o700, name


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_bind": "everywhere"},
        {"api_bind": "0.0.0.0:99999"},
        {"second_factor": "off"},
        {"log_level": "ALL"},
    ],
)
def test_a_setting_that_cannot_be_stops_the_start(wrong):
    with pytest.raises(Error):
        load_settings(**wrong)


def test_every_answer_bears_the_headers_that_keep_a_browser_safe(site):
    for path, role in (("/health", None), ("/models/available", Role.VIEWER), ("/nothing", None)):
        answer = site.get(path, role)
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, f"{name} of {path}"
        policy = answer.headers["Content-Security-Policy"]
        assert (
            "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        )


def test_what_a_person_may_see_is_kept_by_no_cache(site):
    assert site.get("/models/available").headers["Cache-Control"] == "no-store"


def test_flower_looks_only_and_behind_a_password(settings):
    said = flower.options(settings)
    assert "--read-only" in said
    (password,) = [one for one in said if one.startswith("--basic-auth=rounds:")]
    assert len(password.partition(":")[2]) >= 24
    kept = settings.root / "keys" / "flower.password"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert f"--address={settings.flower_bind.rpartition(':')[0]}" in said
    assert not [one for one in said if "persistent" in one]
