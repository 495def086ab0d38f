import pytest

from shared.config import SettingError, Settings, load_settings, masked


def test_an_unknown_setting_stops_the_start_by_name(monkeypatch):
    monkeypatch.setenv("ROUNDS_DATABSE_URL", "x")
    with pytest.raises(SettingError, match="ROUNDS_DATABSE_URL is not a setting"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROUNDS_API_BIND", "8000"),
        ("ROUNDS_API_BIND", "localhost:99999"),
        ("ROUNDS_SITE_TIMEZONE", "Mars/Olympus"),
        ("ROUNDS_DEVICE", "gpu"),
        ("ROUNDS_THREADS", "0"),
        ("ROUNDS_LEASE_SECONDS", "soon"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as caught:
        load_settings()
    assert caught.value.field == name
    assert name in str(caught.value)
    assert "rounds config" in caught.value.fix


def test_passwords_are_masked(monkeypatch):
    monkeypatch.setenv("ROUNDS_DATABASE_URL", "postgresql+psycopg2://u:hunter2@db/rounds")
    monkeypatch.setenv("ROUNDS_NOTIFY_URLS", "mailto://user:hunter2@mail.example")
    shown = masked(load_settings())
    assert "hunter2" not in " ".join(shown.values())
    assert shown["ROUNDS_DATABASE_URL"] == "postgresql+psycopg2://u:…@db/rounds"


def test_the_socket_folder_is_short_for_any_home(tmp_path):
    deep = tmp_path / ("x" * 200)
    assert len(str(Settings(home=deep).sockets / ".s.PGSQL.5432")) < 107
