"""Spans of identifiers: found by several detectors, joined, and replaced by labels."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of the input that must disappear; `put` stands in its place, or the label in brackets."""

    start: int
    end: int
    label: str
    put: str | None = None

    @property
    def mark(self) -> str:
        """What takes the span's place."""
        return f"[{self.label}]" if self.put is None else self.put


def stretches(starts: Iterable[int], *, before: int, after: int) -> list[tuple[int, int]]:
    """The surroundings of some places in order, joined where they meet."""
    found: list[tuple[int, int]] = []
    for place in starts:
        if found and place - before <= found[-1][1]:
            found[-1] = (found[-1][0], place + after)
        else:
            found.append((max(0, place - before), place + after))
    return found


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order without overlaps; the longest of a cluster names it."""
    answer: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if answer and span.start < answer[-1].end:
            last = answer.pop()
            longer = span if span.end - span.start > last.end - last.start else last
            whole = last.start == longer.start and max(last.end, span.end) == longer.end
            put = longer.put if whole else None
            answer.append(Span(last.start, max(last.end, span.end), longer.label, put))
        elif span.end > span.start:
            answer.append(span)
    return answer


def bridged(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans with neighbours of one class made one: a first and a family name found apart are one name."""
    answer: list[Span] = []
    for span in spans:
        last = answer[-1] if answer else None
        if (
            last
            and last.label == span.label
            and last.put is span.put is None
            and text[last.end : span.start] in _BRIDGES
        ):
            answer[-1] = Span(last.start, span.end, span.label)
        else:
            answer.append(span)
    return answer


_BRIDGES = frozenset({"", " ", ", ", "-", ". "})


def rendered(text: str, spans: Sequence[Span]) -> str:
    """The text with every span replaced; what no span covers stays as it was."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], span.mark]
        at = span.end
    return "".join([*parts, text[at:]])


def left_in(maybe: Sequence[tuple[Span, float]], spans: Sequence[Span]) -> list[tuple[int, int, float]]:
    """Where in the rendered text those of `maybe` stand that no span has touched, with their numbers."""
    found, shift, at = [], 0, 0
    for one, number in sorted(maybe):
        while at < len(spans) and spans[at].end <= one.start:
            shift += len(spans[at].mark) - (spans[at].end - spans[at].start)
            at += 1
        if at == len(spans) or spans[at].start >= one.end:
            found.append((one.start + shift, one.end + shift, number))
    return found


def put_in(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Where in the rendered text what was put in stands."""
    places, shift = [], 0
    for span in spans:
        start = span.start + shift
        places.append((start, start + len(span.mark)))
        shift += len(span.mark) - (span.end - span.start)
    return places
