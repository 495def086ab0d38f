"""Checks of what the site stands on: database, its clock, broker, store, keys, and the parts that speak."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from rounds.doctor.finding import LOOK, OK, WRONG, Finding
from rounds.site import Site

SKEW_SECONDS = 5.0


def database(site: Site) -> Iterator[Finding]:
    """Postgres answers and has this version's tables."""
    from shared.registry.migrate import pending

    missing = pending(site.settings)
    if missing:
        lacks, mend = f"lacks revisions {', '.join(missing)}", partial(_migrate, site)
        yield Finding("database", WRONG, lacks, "run `rounds migrate`", mend=mend)
    else:
        yield Finding("database", OK, "answers, every revision applied")


def clock(site: Site) -> Iterator[Finding]:
    """This machine's clock and the database's agree."""
    from sqlalchemy import func, select

    before = datetime.now(UTC)
    with site.sessions() as session:
        theirs = session.scalars(select(func.clock_timestamp())).one()
    apart = max(abs((theirs - ours).total_seconds()) for ours in (before, datetime.now(UTC)))
    fix = "start time synchronisation on both machines; schedules and logs go by these clocks"
    good = apart < SKEW_SECONDS
    yield Finding("clock", OK if good else WRONG, f"{apart:.1f} s from the database's", None if good else fix)


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
            "broker", WRONG, "does not answer", "start it with `rounds up`, or set ROUNDS_BROKER_URL"
        )
        return
    good = policy == "noeviction"
    fix = None if good else "set maxmemory-policy noeviction: an evicted message is a lost one"
    mend = None if good else partial(_keep_all, client)
    yield Finding("broker", OK if good else WRONG, f"maxmemory-policy {policy}", fix, mend=mend)


def storage(site: Site) -> Iterator[Finding]:
    """What the artifact store keeps of what it should promise, tried out on it."""
    from shared.storage import promises

    try:
        found = promises.examine(site.storage, site.settings, now=site.now)
    except OSError:
        yield Finding("storage", WRONG, "does not answer", "check ROUNDS_STORAGE_URL and ROUNDS_S3_ENDPOINT")
        return
    broken = not found[0].holds  # without it two writers could give one name two contents
    bucket = promises.bucket_of(site.settings) is not None
    verdict = WRONG if broken else LOOK if bucket and not promises.is_locked(found) else OK
    lacks = [one.found for one in found if not one.holds]
    fix = (
        None if verdict == OK else f"{'; '.join(lacks)}: use a bucket with object lock on a store that checks"
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
        yield Finding("keys", LOOK, "nobody has a key", "`rounds key create --name NAME --role ROLE`")
    elif len(good) == len(whole):
        yield Finding("keys", LOOK, f"only {', '.join(whole)} exists, which holds every role", fix)
    else:
        yield Finding("keys", OK, f"{len(good)} in use")


def silent(site: Site) -> Iterator[Finding]:
    """No part of a running stack is silent."""
    from shared.registry import health

    with site.sessions() as session:
        seen = health.parts(session)
    dead = sorted(name for name, part in seen.items() if not part.alive)
    if dead:
        ages = ", ".join(f"{name} for {seen[name].age_seconds:.0f} s" for name in dead)
        yield Finding("parts", LOOK, f"silent: {ages}", "`rounds up` starts them; `rounds status` shows all")
    else:
        yield Finding("parts", OK, f"{len(seen)} speak" if seen else "no stack runs")


def _keep_all(client: Any) -> str:  # noqa: ANN401 - a client of the broker
    client.config_set("maxmemory-policy", "noeviction")
    return "maxmemory-policy is noeviction until the broker is started anew; set it in its configuration too"


def _migrate(site: Site) -> str:
    from shared.registry import migrate

    missing = migrate.pending(site.settings)
    migrate.migrate(site.settings)
    return f"applied {', '.join(missing)}"
