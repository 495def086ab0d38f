"""The command line on a site of the test's own."""

import pytest

from rounds.main import run


@pytest.fixture
def cli(settings, capsys, monkeypatch):
    """Runs a command on this test's site; answers exit code, standard output and standard error."""
    monkeypatch.setenv("ROUNDS_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ROUNDS_BROKER_URL", settings.broker_url)

    def command(*arguments):
        code = run(["--home", str(settings.root), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command
