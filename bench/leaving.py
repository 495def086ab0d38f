"""Where a site keeps or says anything, and which of some strings stand there: for benchmarks and tests."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import redis
from sqlalchemy import Connection, create_engine, text

from shared.config import Settings

_BYTES = re.compile(r"\\x([0-9a-f]{8,})")
_PIECE = 32 << 20
_TELLING = 7  # characters from which a string does not stand in random bytes
_RAW = "bytes of "
# The database's own files are read through the database; keys are random.
_LEFT_OUT = ("postgres", "valkey", "keys", "sockets")


def found(strings: Iterable[str], places: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The strings that stand somewhere, by place; without case, as whole words, white space as one space.

    In what is no text, short strings stand by chance; they are sought in text only. The strings themselves
    are the answer: never print it where the site is a real one.
    """
    words = sorted({_plain(one) for one in strings if one.strip()}, key=len, reverse=True)
    if not words:
        return {}
    in_text, in_bytes = _sought(words), _sought([word for word in words if len(word) >= _TELLING] or words)
    hits: dict[str, set[str]] = {}
    for place, said in places:
        for match in (in_bytes if place.startswith(_RAW) else in_text).finditer(_plain(said)):
            hits.setdefault(place, set()).add(match.group())
    return hits


def everywhere(settings: Settings, *, but: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Every table, every key of the broker and every file of the home, as text.

    Args:
        settings: of the site.
        but: names of files in the home that are not the site's own.
    """
    yield from tables(settings)
    yield from broker(settings)
    yield from files(settings.root, but=(*but, *_LEFT_OUT))


def tables(settings: Settings) -> Iterator[tuple[str, str]]:
    """The rows of every table, sealed columns as the bytes that they are."""
    engine = create_engine(settings.database)
    with engine.connect() as connection:
        for name in _tables(connection):
            rows = connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars()
            for row in rows:
                yield f"table {name}", row
                for sealed in _BYTES.findall(row):
                    raw = bytes.fromhex(sealed[: len(sealed) // 2 * 2])
                    yield f"{_RAW}table {name}", raw.decode("latin-1")
    engine.dispose()


def broker(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every key of the broker with what is stored there."""
    url = settings.broker.replace("redis+socket://", "unix://").replace("?virtual_host=", "?db=")
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(count=1000):
            yield "broker", key.decode("utf-8", "replace")
            yield f"{_RAW}broker", (client.dump(key) or b"").decode("latin-1")


def files(folder: Path, *, but: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """The names and the bytes of every file below a folder."""
    left_out = set(but)
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if left_out & set(inner.parts) or not path.is_file():
            continue
        yield f"name of {inner.parts[0]}", str(inner)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                try:
                    yield f"file {inner.parts[0]}", piece.decode()
                except UnicodeDecodeError:
                    yield f"{_RAW}file {inner.parts[0]}", piece.decode("latin-1")


def _tables(connection: Connection) -> list[str]:
    named = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    where = "WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
    return list(connection.execute(text(f"{named} {where}")).scalars())


def _sought(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")


def _plain(said: str) -> str:
    return " ".join(said.casefold().split())
