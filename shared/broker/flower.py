"""Flower, looking only: `python -m shared.broker.flower`, behind a password that is made at first start."""

import logging
import secrets
import sys

from shared.broker.app import app
from shared.config import Settings, load_settings
from shared.errors import Error
from shared.logs import set_up_logs
from shared.secret_file import make_once

USER = "rounds"
OFFLINE_SECONDS = 60
CONNECTIONS = 32


def password(settings: Settings) -> str:
    """The password in the home's `keys` folder; the first start makes it."""
    path = settings.root / "keys" / "flower.password"
    if not path.exists():
        make_once(path, secrets.token_urlsafe(24).encode())
    return path.read_text()


def options(settings: Settings) -> list[str]:
    """Flower's arguments. It keeps nothing on disk: its format would be pickle, and the rows hold it all."""
    host, _, port = settings.flower_bind.rpartition(":")
    return [
        "flower",
        f"--address={host}",
        f"--port={port}",
        f"--basic-auth={USER}:{password(settings)}",
        "--read-only",
        f"--purge-offline-workers={OFFLINE_SECONDS}",
        "--tasks-columns=name,uuid,args,state,received,started,runtime,worker",
    ]


def main() -> int:
    """Run until SIGTERM; the exit status of the process."""
    try:
        settings = load_settings()
        set_up_logs("flower", level=settings.log_level)
        # Before the first worker is there it would warn of each question that nobody answers.
        logging.getLogger("flower.inspector").setLevel(logging.ERROR)
        # Each of its parallel questions holds a connection and waits for a second: four would deadlock.
        app.conf.broker_pool_limit = CONNECTIONS
        app.start(["--quiet", *options(settings)])
    except Error as error:
        sys.stderr.write(f"{error}; {error.fix}\n" if error.fix else f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"Flower cannot listen ({error.strerror}); give ROUNDS_FLOWER_BIND a free port\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
