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


def test_an_empty_manifest_has_the_hash_of_nothing():
    assert merkle.root([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("lines", "root"),
    [
        # RFC 6962, of the test vectors that its implementations share: leaves "", 0x00 and 0x10.
        ([""], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (["", "\x00"], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (["", "\x00", "\x10"], "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ],
)
def test_the_root_is_that_of_the_standard(lines, root):
    assert merkle.root(lines) == root


@pytest.mark.parametrize("index", [-1, 2])
def test_an_index_outside_the_manifest_is_named(index):
    with pytest.raises(InvalidInputError, match=f"no line {index}") as refused:
        merkle.proof(["a", "b"], index)
    assert refused.value.field == "index"


def test_a_proof_names_its_neighbours_from_the_line_up():
    lines = ["a", "b", "c"]
    a, b, c = (merkle.leaf(line).hex() for line in lines)
    both = merkle.root(["a", "b"])
    assert merkle.proof(lines, 0) == [("right", b), ("right", c)]
    assert merkle.proof(lines, 1) == [("left", a), ("right", c)]
    assert merkle.proof(lines, 2) == [("left", both)]
    assert merkle.proof(["a"], 0) == []
