"""Rows of a page read strictly: what is broken is counted, what is as it was falls out."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.registry.cases import Seen
from shared.registry.persons import Identity
from shared.vault import Vault
from worker_collection.draft import Draft, RowError, read
from worker_collection.sources.base import Broken, Row
from worker_collection.tally import Tally
from worker_collection.terms import Terms

LARGE_GROUP = 3


@dataclass
class Reading:
    """The rows of a page by their keys; the last of two with one key counts."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def changed(self, seen: Mapping[str, Seen], tally: Tally) -> list[str]:
        """The keys of the rows that are not as they are remembered, nor older than that."""
        current = [key for key in self.drafts if not _is_stale(seen.get(key), self.drafts[key])]
        kept = [key for key in current if not _is_same_row(seen.get(key), self.hashes[key])]
        tally.stale += len(self.drafts) - len(current)
        tally.unchanged += len(current) - len(kept)
        return kept


def read_rows(rows: Iterable[Row | Broken], terms: Terms, tally: Tally, *, vault: Vault) -> Reading:
    """Read every row; one that cannot become a case is counted with its reason."""
    found = Reading()
    for row in rows:
        try:
            draft = _draft(row, terms)
        except RowError as error:
            tally.refused[error.reason] += 1
            continue
        if isinstance(row, Broken) or not _is_in_window(draft, terms):
            continue
        # Keyed: the hash of a short note could be found by trying otherwise.
        told = {name: value for name, value in row.items() if name != "updated_at"}
        content = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
        before = found.drafts.get(draft.source_id)
        if before is not None:
            tally.duplicates += 1
            if _is_older(draft, before.changed_at):
                continue
        found.drafts[draft.source_id], found.rows[draft.source_id] = draft, row
        found.hashes[draft.source_id] = vault.keyed_hash(content, "source-row").hex()
    return found


def _is_stale(seen: Seen | None, draft: Draft) -> bool:
    """Whether a newer state of the row is known: what is handed in may come out of order."""
    return seen is not None and _is_older(draft, seen.changed_at)


def _is_older(draft: Draft, than: datetime | None) -> bool:
    return draft.changed_at is not None and than is not None and draft.changed_at < than


def _draft(row: Row | Broken, terms: Terms) -> Draft:
    if isinstance(row, Broken):
        raise RowError(row.reason)
    if row.get("model_type") not in (None, "", terms.site.model_type):
        raise RowError("other_model_type")
    return read(row, source=terms.source_name, is_plan=terms.is_plan, zone=terms.zone)


def grouped(drafts: Sequence[Draft]) -> list[Identity]:
    """Research sets come in clusters: one that holds most of a label's rows must not take the label away."""
    labels_of = Counter(draft.diagnosis for draft in drafts)
    groups = Counter((draft.diagnosis, draft.identity.sure[0]) for draft in drafts)
    holding = {
        person for (label, person), n in groups.items() if n >= LARGE_GROUP and 2 * n > labels_of[label]
    }
    return [replace(draft.identity, holds_a_label=draft.identity.sure[0] in holding) for draft in drafts]


def _is_in_window(draft: Draft, terms: Terms) -> bool:
    at = draft.validated_at or draft.starts
    if at is None:
        return terms.since is None and terms.until is None
    return not (terms.since and at < terms.since) and not (terms.until and at > terms.until)


def _is_same_row(seen: Seen | None, content_hash: str) -> bool:
    """Whether a row is as it was; one that had been deleted is back and counts as changed."""
    return seen is not None and seen.content_hash == content_hash and seen.outcome != "deleted"
