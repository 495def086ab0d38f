"""Lines with what must go in braces and what must stay in angles, de-identified by rules in a note."""

import re

from bench.deid_exam.score import required
from worker_collection.phi import engine
from worker_collection.phi.known import Known

_MARK = re.compile(r"\{([^{}]*)\}|<([^<>]*)>")
_BEFORE, _AFTER = (
    "Seen today on the ward round with family present. ",
    "\nPlan unchanged, review again as needed.",
)


def left(line: str, label: str) -> list[str]:
    """What of the marked parts is not as marked: still there though in braces, gone though in angles."""
    text, parts = _parted(line)
    covered = _covered(text)
    wrong = []
    for start, end, goes in parts:
        needed = required(text, (start, end), label) if goes else set(range(start, end))
        if any(bool(covered[at]) != goes for at in needed):
            wrong.append(text[start:end])
    return wrong


def taken(line: str) -> list[str]:
    """What is removed of a line of which nothing may go."""
    text, before = _in_note(line)
    spans = engine.clean(text, Known.of({}), this_year=2026, tagged=False).spans
    return [text[span.start : span.end] for span in spans if before <= span.start < before + len(line)]


def _in_note(line: str) -> tuple[str, int]:
    """The line amid a note, unless it is written in one case, and where it begins."""
    alone = line.islower() or line.isupper()
    return (line, 0) if alone else (_BEFORE + line + _AFTER, len(_BEFORE))


def _parted(line: str) -> tuple[str, list[tuple[int, int, bool]]]:
    plain = _MARK.sub(lambda mark: mark.group(1) or mark.group(2), line)
    text, before = _in_note(plain)
    parts, shift = [], before
    for mark in _MARK.finditer(line):
        goes = mark.group(1) is not None
        start = mark.start() + shift
        parts.append((start, start + mark.end() - mark.start() - 2, goes))
        shift -= 2
    return text, parts


def _covered(text: str) -> bytearray:
    covered = bytearray(len(text))
    for span in engine.clean(text, Known.of({}), this_year=2026, tagged=False).spans:
        covered[span.start : span.end] = b"\x01" * (span.end - span.start)
    return covered
