import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import merkle
from shared.errors import InvalidInputError

LINES = st.lists(st.text(max_size=12), min_size=1, max_size=40)


@given(LINES, st.data())
def test_every_line_proves_itself_and_no_other(lines, data):
    index = data.draw(st.integers(0, len(lines) - 1))
    path, root = merkle.proof(lines, index), merkle.root(lines)
    assert merkle.proves(lines[index], path, root)
    assert not merkle.proves(lines[index] + "x", path, root)


@given(LINES, LINES)
def test_one_root_is_one_manifest(first, second):
    assert (merkle.root(first) == merkle.root(second)) == (first == second)


def test_an_odd_end_is_not_the_same_as_that_line_twice():
    assert merkle.root(["a", "b", "c"]) != merkle.root(["a", "b", "c", "c"])


def test_there_is_no_proof_of_a_line_that_is_not_there():
    with pytest.raises(InvalidInputError):
        merkle.proof(["a"], 1)


@given(LINES)
def test_lines_that_come_one_by_one_give_the_root_of_the_rows(lines):
    row = [merkle.leaf(line) for line in lines]
    while len(row) > 1:
        row = merkle._above(row)
    assert merkle.root(lines) == row[0].hex()
