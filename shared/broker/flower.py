"""Flower, looking only: `python -m shared.broker.flower`, behind a password that is made at first start."""

import os
import secrets
import sys

from shared.broker.app import app
from shared.config import Settings, load_settings
from shared.errors import Error
from shared.logs import set_up_logs

USER = "rounds"
OFFLINE_SECONDS = 60
CONNECTIONS = 32


def password(settings: Settings) -> str:
    """The password in the home's `keys` folder, mode 0600; of two racing starts one makes it."""
    path = settings.root / "keys" / "flower.password"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))
    try:
        os.link(scratch, path)
    except FileExistsError:
        return path.read_text()
    finally:
        scratch.unlink()
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
