"""Made-up patients whose every identifier bears a mark, and the search for it where it must not be."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

WORD, DIGITS = "zzyqx", "7731900"  # a mark in letters and one in digits: neither occurs anywhere else
MARK = re.compile(rb"zzyqx|7731900", re.IGNORECASE)
A_PERSON = 5  # identifiers that each of them has
_BYTES = re.compile(r"\\\\x((?:[0-9a-f]{2})+)")  # as a row of Postgres spells bytes
_WEB_SAFE = bytes.maketrans(b"-_", b"+/")
_PACKED = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")


@dataclass(frozen=True)
class Canary:
    """One patient; `known` is how a row of a source names them."""

    number: int

    @property
    def tail(self) -> str:
        """Letters that are this patient's alone."""
        return "".join(chr(ord("a") + int(digit)) for digit in f"{self.number:05d}")

    @property
    def known(self) -> dict[str, object]:
        """Name, number, telephone, address and doctor."""
        return {
            "name": f"Orla {WORD.title()}{self.tail}",
            "mrn": f"{DIGITS}{self.number:05d}",
            "phone": f"+49 {DIGITS}{self.number:05d}",
            "address": f"{1 + self.number % 90} {WORD.title()}{self.tail} Street, Springfield",
            "providers": [f"Dr. Juno {WORD.title()}{self.tail[::-1]}"],
        }

    def note(self) -> str:
        """A note in which each of the identifiers stands."""
        known = self.known
        return (
            f"{known['name']} (MRN {known['mrn']}), of {known['address']}, telephone {known['phone']}, was "
            f"seen by {known['providers'][0]} for a painful toe that began {2 + self.number % 7} days ago. "
            f"{known['name']} takes allopurinol {100 + self.number % 200} mg, {self.number % 11} beers a day."
        )

    def row(self, **more: object) -> dict[str, object]:
        """The case as a source hands it in; the person is named by the record number."""
        said = {"source_id": f"c-{self.number}", "person": self.known["mrn"], "text": self.note()}
        return said | {"diagnosis": "Gout", "known": self.known} | more


def marked(data: bytes) -> bytes | None:
    """The mark with what stands around it, be it plain or packed as base64; None where there is none."""
    found = MARK.search(data)
    if found is not None:
        return data[max(0, found.start() - 60) : found.end() + 30]
    for packed in _PACKED.findall(data):
        whole = packed.rstrip(b"=").translate(_WEB_SAFE)
        plain = base64.b64decode(whole[: len(whole) // 4 * 4])
        if MARK.search(plain):
            return plain[:90]
    return None


def in_database(url: str) -> Iterator[str]:
    """Every table's every row as text, as its owner sees it."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        for name in names:
            for row in connection.execute(text(f"SELECT {name}::text AS whole FROM {name}")):
                raw = row.whole.encode()
                unpacked = b"".join(bytes.fromhex(one) for one in _BYTES.findall(row.whole))
                found = marked(raw) or marked(unpacked)
                if found:
                    yield f"table {name}: {found!r}"
    engine.dispose()


def in_files(folder: Path) -> Iterator[str]:
    """The names and bytes of every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if MARK.search(str(path.relative_to(folder)).encode()):
            yield f"the name {path}"
        if path.is_file() and (found := marked(path.read_bytes())):
            yield f"file {path}: {found!r}"
