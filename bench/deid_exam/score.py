"""What a de-identified note is worth: the counts of `deid_bench.py`, the acceptance tool."""

import re
from collections import Counter
from dataclasses import dataclass, field
from math import nan
from typing import Any

Note = dict[str, Any]
Span = tuple[int, int]

DIRECT = frozenset(
    [
        "NAME",
        "SSN",
        "MRN",
        "PHONE",
        "FAX",
        "EMAIL",
        "HEALTHPLAN",
        "ACCOUNT",
        "LICENSE",
        "VEHICLE",
        "DEVICE",
        "URL",
        "IP",
        "BIOMETRIC",
        "ID",
    ]
)
SOFT = ("age", "duration", "relative")
# Words that may stay in an institution's or a street's name.
_GENERIC = {
    "HOSPITAL": "hospital medical center centre clinic health memorial general regional university "
    "of the and for at saint st",
    "ORG": "inc llc ltd llp co company of the and for school county at no",
    "ADDRESS": "street st road rd avenue ave lane ln drive dr court ct circle boulevard blvd way terrace "
    "pike trace loop parkway pkwy highway hwy crossing apt unit lot box suite ste flat no near past "
    "the of on and county co village dist n s e w",
}
_GENERIC_WORDS = {label: frozenset(words.split()) for label, words in _GENERIC.items()}
_RESTRICTED_ZIPS = frozenset(
    [
        "036",
        "059",
        "063",
        "102",
        "203",
        "556",
        "692",
        "790",
        "821",
        "823",
        "830",
        "831",
        "878",
        "879",
        "884",
        "890",
        "893",
    ]
)
_WORD = re.compile(r"\w+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ZIP = re.compile(r"(\d{5})(?:-\d{4})?")


@dataclass
class Score:
    """Counts over notes; a share of nothing is not a number."""

    counts: Counter[str] = field(default_factory=Counter)
    labels: dict[str, list[int]] = field(default_factory=dict)  # label: found, all
    kinds: dict[str, list[int]] = field(default_factory=dict)  # kind of clinical content: destroyed, all
    slices: dict[str, list[int]] = field(default_factory=dict)  # slice: spans found, all, notes clean, all
    leaks: list[tuple[str, ...]] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """The figures under the names of `deid_bench.py`."""
        c, found = self.counts, _sums(self.labels.values())
        hard = _sums(pair for kind, pair in self.kinds.items() if kind not in SOFT)
        soft = _sums(pair for kind, pair in self.kinds.items() if kind in SOFT)
        return {
            "released": _share(c["asked"] - c["quarantined"], c["asked"]),
            "recall_span": _share(*found),
            "recall_span_direct": _share(c["direct_found"], c["direct"]),
            "leak_free_notes": _share(c["clean"], c["notes"]),
            "precision_token": _share(c["true"], c["true"] + c["false"]),
            "clinical_destroyed": _share(*hard),
            "age_duration_destroyed": _share(*soft),
            "direct_leaks_per_1000_released": 1000 * _share(c["direct"] - c["direct_found"], c["notes"]),
            "inconsistent_notes": c["inconsistent"],
            "crashed_notes": c["crashed"],
            "claimed_but_still_in_text": c["claimed"],
        }


def score(records: list[Note], answers: dict[str, Note]) -> Score:
    """Score every record's answer; what was held back counts only against `released`."""
    total = Score()
    for record in records:
        total.counts["asked"] += 1
        if answers[record["id"]].get("quarantine"):
            total.counts["quarantined"] += 1
        else:
            _score_note(total, record, answers[record["id"]])
    return total


def required(text: str, span: Span, label: str) -> set[int]:
    """The places whose signs must be gone for a gold span to count as found."""
    start, end = span
    body = text[start:end]
    zip_code = _ZIP.fullmatch(body) if label == "ADDRESS" else None
    if zip_code:
        begin = start if zip_code[1][:3] in _RESTRICTED_ZIPS else start + 3
        return {at for at in range(begin, end) if text[at].isalnum()}
    words = list(_WORD.finditer(body))
    needed = [
        word for place, word in enumerate(words) if _must_go(word.group(), label, place=place, body=body)
    ]
    needed = needed if len(words) > 1 or label not in ("PHONE", "FAX") else words
    spots = (at for word in needed or words for at in range(start + word.start(), start + word.end()))
    return {at for at in spots if text[at].isalnum()}


def _must_go(word: str, label: str, *, place: int, body: str) -> bool:
    if label == "DATE":
        return not _YEAR.fullmatch(word)
    if label in ("PHONE", "FAX"):  # a country code may stay
        return not (place == 0 and body.startswith("+") and len(word) <= 3)
    if label == "NAME":
        return len(word) > 1
    if label in _GENERIC_WORDS:
        return word.lower() not in _GENERIC_WORDS[label] and (len(word) > 1 or word.isdigit())
    return True


def _score_note(total: Score, record: Note, answer: Note) -> None:
    text, claimed = record["text"], merged(answer, len(record["text"]))
    is_consistent, gone = really_gone(text, answer.get("text") or "", claimed)
    counts = total.counts
    counts["notes"] += 1
    counts["inconsistent"] += not is_consistent
    counts["crashed"] += bool(answer.get("error"))
    counts["claimed"] += len(claimed) - len(gone)
    covered = _marked(text, gone)
    is_clean = True
    slices = [
        record["id"].split("-")[1],
        *([f"case:{record['case']}"] if record.get("case") else []),
        *record.get("slices", []),
    ]
    for span in record["spans"]:
        needed = required(text, (span["start"], span["end"]), span["label"])
        is_found = all(covered[at] for at in needed)
        is_clean &= is_found
        _count_span(total, span["label"], is_found=is_found, slices=slices)
        if not is_found:
            around = text[max(0, span["start"] - 30) : span["end"] + 20]
            total.leaks.append((record["id"], span["label"], text[span["start"] : span["end"]], around))
    counts["clean"] += is_clean
    for name in slices:
        _add(total.slices, name, (0, 0, is_clean, 1))
    _count_words(counts, record, covered)
    for kept in record.get("keep", []):
        is_hit = any(covered[at] and text[at].isalnum() for at in range(kept["start"], kept["end"]))
        _add(total.kinds, kept["kind"], (is_hit, 1))


def _count_span(total: Score, label: str, *, is_found: bool, slices: list[str]) -> None:
    _add(total.labels, label, (is_found, 1))
    for name in slices:
        _add(total.slices, name, (is_found, 1, 0, 0))
    if label in DIRECT:
        total.counts["direct"] += 1
        total.counts["direct_found"] += is_found


def _count_words(counts: Counter[str], record: Note, covered: bytearray) -> None:
    """Words taken away rightly and wrongly; single letters and what is neither are left out."""
    text = record["text"]
    gold = _marked(text, [(span["start"], span["end"]) for span in record["spans"]])
    ignored = _marked(text, [(span["start"], span["end"]) for span in record.get("ignore", [])])
    for word in _WORD.finditer(text):
        start, end = word.span()
        if (end - start == 1 and not word.group().isdigit()) or not any(covered[start:end]):
            continue
        if any(gold[start:end]):
            counts["true"] += 1
        elif not any(ignored[start:end]):
            counts["false"] += 1


def merged(answer: Note, length: int) -> list[Span]:
    """The claimed spans in order, touching ones joined; an answer without spans claims the whole text."""
    claims = answer.get("spans")
    if claims is None:
        return [(0, length)]
    joined: list[Span] = []
    for start, end in sorted((max(0, int(one["start"])), min(length, int(one["end"]))) for one in claims):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def really_gone(source: str, output: str, spans: list[Span]) -> tuple[bool, list[Span]]:
    """Whether uncovered text stands unchanged and in order, and the spans whose own text is gone."""
    at = place = 0
    gone: list[Span] = []
    waiting: list[Span] = []
    for span in [*spans, (len(source), len(source))]:
        between = source[place : span[0]].strip()
        if between:
            found = output.find(between, at)
            if found < 0:
                return False, [one for one in spans if not _stands(source, one, output)]
            gone += [one for one in waiting if not _stands(source, one, output[at:found])]
            at, waiting = found + len(between), []
        if span[1] > span[0]:
            waiting.append(span)
        place = max(place, span[1])
    return True, gone + [one for one in waiting if not _stands(source, one, output[at:])]


def _stands(source: str, span: Span, where: str) -> bool:
    value = source[span[0] : span[1]].strip()
    return bool(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", where) is not None


def _marked(text: str, spans: list[Span]) -> bytearray:
    marks = bytearray(len(text))
    for start, end in spans:
        marks[start:end] = b"\x01" * (end - start)
    return marks


def _add(into: dict[str, list[int]], key: str, values: tuple[int, ...]) -> None:
    have = into.setdefault(key, [0] * len(values))
    into[key] = [old + value for old, value in zip(have, values, strict=True)]


def _sums(pairs: Any) -> tuple[int, int]:
    rows = list(pairs)
    return sum(row[0] for row in rows), sum(row[1] for row in rows)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan
