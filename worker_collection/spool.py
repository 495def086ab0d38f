"""Sorted rows between two workers: cut so that one person's rows stay together, packed, sealed."""

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.eligibility import Verdict
from shared.domain.labels import Entry
from shared.registry.cases import Seen
from shared.registry.tables import Validator
from shared.vault import Vault
from worker_collection.batch import Item
from worker_collection.draft import read
from worker_collection.terms import Terms
from worker_collection.trust import Trusted

PURPOSE = "chunk"
CHUNK_ROWS = 1000
_QUICK = 1  # of zlib: three times smaller at a tenth of the cost of the next better one
_VERDICT, _ENTRY = TypeAdapter(Verdict), TypeAdapter(Entry)


def cut(items: Sequence[Item], terms: Terms, vault: Vault) -> list[tuple[int, bytes]]:
    """Parts of about a thousand rows with their sizes; in each, a person's rows are in their order.

    Raises:
        TypeError: a row holds something that JSON cannot, such as a picture.
    """
    lanes: list[list[Item]] = [[] for _ in range(-(-len(items) // CHUNK_ROWS))]
    for item in items:
        lanes[item.person_id.int % len(lanes)].append(item)
    return [(len(lane), pack(lane, terms, vault)) for lane in lanes if lane]


def pack(items: Sequence[Item], terms: Terms, vault: Vault) -> bytes:
    """Rows with all that was decided about them, sealed."""
    content = {"staff": list(terms.site.staff), "rows": [_packed(one) for one in items]}
    text = json.dumps(content, default=_plain, ensure_ascii=False)
    return vault.seal(zlib.compress(text.encode(), _QUICK), PURPOSE)


def opened(sealed: bytes, vault: Vault) -> dict[str, Any]:
    """The staff and the rows of a part."""
    content: dict[str, Any] = json.loads(zlib.decompress(vault.open(sealed, PURPOSE)))
    return content


def items_of(session: Session, content: Mapping[str, Any], terms: Terms) -> list[Item]:
    """The rows of a part as they were sorted."""
    rows = content["rows"]
    signers = {UUID(row["trusted"]["validator"]) for row in rows if row["trusted"]["validator"]}
    known = {one.id: one for one in session.scalars(select(Validator).where(Validator.id.in_(signers)))}
    return [_unpacked(row, known, terms) for row in rows]


def _packed(item: Item) -> dict[str, Any]:
    return {
        "row": item.row,
        "hash": item.row_hash,
        "seen": [item.seen.content_hash, item.seen.case_id, item.seen.outcome] if item.seen else None,
        "person": item.person_id,
        "trusted": {
            "label": item.trusted.label,
            "entry": _ENTRY.dump_python(item.trusted.entry, mode="json") if item.trusted.entry else None,
            "validator": item.trusted.validator.id if item.trusted.validator else None,
            "verdict": _VERDICT.dump_python(item.trusted.verdict, mode="json"),
        },
    }


def _unpacked(packed: Mapping[str, Any], known: Mapping[UUID, Validator], terms: Terms) -> Item:
    said, seen = packed["trusted"], packed["seen"]
    trusted = Trusted(
        label=said["label"],
        entry=_ENTRY.validate_python(said["entry"]) if said["entry"] else None,
        validator=known[UUID(said["validator"])] if said["validator"] else None,
        verdict=_VERDICT.validate_python(said["verdict"]),
    )
    return Item(
        row=packed["row"],
        draft=read(packed["row"], source=terms.source_name, is_plan=terms.is_plan, zone=terms.zone),
        row_hash=packed["hash"],
        seen=Seen(seen[0], UUID(seen[1]) if seen[1] else None, seen[2]) if seen else None,
        person_id=UUID(packed["person"]),
        trusted=trusted,
    )


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not travel between workers")
