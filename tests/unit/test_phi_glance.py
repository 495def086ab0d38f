"""What a note holds at a glance: shapes, numbers, and patterns tried only where they can begin."""

import re

from hypothesis import given
from hypothesis import strategies as st

from worker_collection.phi.glance import at, holds, numbers, shape

_DATE = re.compile(r"(?<![\d/])\d{1,2}/\d{1,2}(?:/\d{2,4})?(?!\d)")


@given(st.text(alphabet="0123456789/ .aé", max_size=60))
def test_what_begins_with_a_number_is_found_as_finditer_finds_it(text):
    starts = [start for start, _ in numbers(text)]
    tried = [match.span() for match in at(_DATE, text, starts)]
    assert tried == [match.span() for match in _DATE.finditer(text)]


@given(st.text(max_size=60))
def test_a_shape_is_as_long_as_its_text(text):
    assert len(shape(text)) == len(text)


def test_a_shape_tells_digits_and_letters_and_leaves_other_signs():
    assert shape("Bq-48, é٤") == "Aa-99, é٤"


def test_numbers_are_runs_of_digits_in_order():
    assert numbers("4/12 on 2019") == [(0, 1), (2, 4), (8, 12)]


def test_a_text_holds_one_of_several_stretches():
    assert holds("dr quill", "mrs", "dr")
    assert not holds("dr quill", "mrs", "prof")
    assert not holds("dr quill")
