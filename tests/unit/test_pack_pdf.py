"""The evidence on paper: a file that readers open, with the words of the page, and always the same bytes."""

import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.pack import FIELDS, summarise
from shared.domain.pack_pdf import HIGH, MARGIN, SMALL, WIDE, _Paper, _width, _wrapped, as_pdf

PERIOD = ("2026-03-01T00:00:00+00:00", "2026-04-01T00:00:00+00:00")
EMPTY = summarise({name: [] for name in FIELDS})


def printed(summary, site="St. Ann") -> bytes:
    return as_pdf(summary, period=PERIOD, site=site)


def lines(pdf: bytes) -> list[str]:
    """Every string that is shown, in order."""
    shown = re.findall(rb"Td \((.*?)\) Tj", pdf)
    return [re.sub(rb"\\([()\\])", rb"\1", one).decode("ascii") for one in shown]


def with_reasons(reasons) -> dict:
    rows = [
        {"seq": number, "at": "t", "transition": "gated>live", "by": "rule", "version": "v", "reason": why}
        for number, why in enumerate(reasons)
    ]
    return EMPTY | {"modifications": rows}


def test_every_object_stands_where_the_table_says():
    pdf = printed(with_reasons(["because"] * 200))
    start = int(re.search(rb"startxref\n(\d+)", pdf)[1])
    assert pdf[start : start + 4] == b"xref"
    places = [int(one) for one in re.findall(rb"(\d{10}) 00000 n", pdf)]
    for number, place in enumerate(places, start=1):
        assert pdf[place:].startswith(f"{number} 0 obj\n".encode())
    for length, body in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", pdf, re.DOTALL):
        assert int(length) == len(body)
    count = int(re.search(rb"/Count (\d+)", pdf)[1])
    assert count == pdf.count(b"/Type /Page /Parent") > 1


def test_it_says_what_the_page_says():
    said = " ".join(lines(printed(with_reasons(["a (bad) back\\slash"]))))
    for words in ("Evidence of St. Ann", "1 Modifications", "gated>live", "a (bad) back\\slash", "7 Chain"):
        assert words in said
    assert said.count("None in this period.") == 6


def test_a_letter_that_the_font_lacks_stands_as_its_number():
    assert "<U+65E5>" in " ".join(lines(printed(EMPTY, site="日")))
    assert b"\\374" in printed(EMPTY, site="Zürich")


@settings(max_examples=60)
@given(st.lists(st.text(max_size=400), max_size=6))
def test_whatever_stands_in_it_nothing_leaves_the_paper_and_the_bytes_are_the_same(reasons):
    pdf = printed(with_reasons(reasons))
    assert pdf == printed(with_reasons(reasons))
    assert pdf.isascii()
    for x, y in re.findall(rb"Tf (-?[\d.]+) (-?[\d.]+) Td", pdf):
        assert MARGIN <= float(x) < WIDE - MARGIN and MARGIN <= float(y) <= HIGH - MARGIN


def test_a_pack_of_before_is_printed_as_it_was():
    """Who verifies a pack prints it again and compares: another layout would call old packs altered."""
    reasons = [
        "",
        "short",
        "several words that fill more than one line of their cell " * 4,
        "x" * 300,
        "línea\n–€−日\x07",
    ]
    rows = with_reasons(reasons * 12) | {"approvals": [{"maker": "ana", "reason": None}, {"checker": "bo"}]}
    printed_before = printed(rows)
    assert printed_before.count(b"/Type /Page /Parent") == 4
    assert hashlib.sha256(printed_before).hexdigest()[:16] == "42ce8ab8ae5e05fc"


def test_a_row_that_needs_more_than_its_page_goes_on_on_the_next():
    pdf = printed(with_reasons(["word " * 4000]))
    assert sum(text.count("word") for text in lines(pdf)) == 4000


def test_a_line_is_filled_to_its_width_and_no_further():
    width = _width("aaa ", SMALL) + _width("bbb ", SMALL)
    assert _wrapped("aaa bbb ccc", width, size=SMALL) == ["aaa bbb", "ccc"]
    assert _wrapped("aaa bbb", width - 0.01, size=SMALL) == ["aaa", "bbb"]
    letters = sum([_width("m", SMALL)] * 3)
    assert _wrapped("mmmmmmm", letters, size=SMALL) == ["mmm", "mmm", "m"]
    assert _wrapped("", 50.0, size=SMALL) == [""]
    text, paper = "several words " * 60, _Paper()
    paper.paragraph(text, size=SMALL)
    assert len(paper.pages[0]) == len(_wrapped(text, WIDE - 2 * MARGIN, size=SMALL)) > 3
    for room, count in ((6.0, 1), (5.9, 2)):  # of a cell, beside its words
        paper = _Paper()
        paper.row(["aaa bbb"], [width + room])
        assert sum("Tj" in line for line in paper.pages[0]) == count
    assert _width("a日", 1000.0) == pytest.approx((556 + 778) * 1.06)
