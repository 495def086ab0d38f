import json

import numpy as np
import pytest
from safetensors.numpy import save

from shared.domain.parting import parting


def tensors(**changed):
    whole = {"a": np.arange(4, dtype="f4"), "b": np.ones((2, 2), dtype="f4")}
    return save(whole | {name: np.asarray(value, dtype="f4") for name, value in changed.items()})


def test_equal_files_part_nowhere():
    files = {"w.safetensors": tensors(), "rounds.json": b"{}"}
    assert parting(files, dict(files)) == []


def test_a_tensor_that_differs_is_named_with_the_largest_difference():
    other = tensors(b=[[1.0, 1.0], [1.0, 1.25]])
    [found] = parting({"w.safetensors": tensors()}, {"w.safetensors": other})
    assert (found["tensor"], found["tensors"]) == ("b", 1)
    assert found["largest_difference"] == pytest.approx(0.25)


def test_another_shape_has_no_difference_but_a_name():
    [found] = parting({"w.safetensors": tensors()}, {"w.safetensors": tensors(a=[1.0])})
    assert (found["tensor"], found["largest_difference"]) == ("a", None)


def test_facts_and_bytes_are_named_too():
    first = {"r.json": json.dumps({"seed": 1, "same": 2}).encode(), "t.txt": b"abc", "x": b""}
    second = {"r.json": json.dumps({"seed": 2, "same": 2}).encode(), "t.txt": b"abd"}
    assert parting(first, second) == [
        {"file": "r.json", "facts": ["seed"]},
        {"file": "t.txt", "byte": 2},
        {"file": "x", "why": "only in the first"},
    ]


def test_what_is_only_in_one_is_said():
    assert parting({"a.txt": b"x"}, {"b.json": b"{}"}) == [
        {"file": "a.txt", "why": "only in the first"},
        {"file": "b.json", "why": "only in the second"},
    ]


def test_the_first_byte_that_differs_is_named_and_none_where_one_is_the_beginning_of_the_other():
    assert parting({"a": b"abc"}, {"a": b"abcd"}) == [{"file": "a", "byte": None}]
    assert parting({"a": b"xbc"}, {"a": b"abx"}) == [{"file": "a", "byte": 0}]


def test_every_fact_that_differs_is_named_in_order():
    first, second = {"b": 1, "a": 1, "same": 0, "none": None}, {"a": 2, "same": 0, "z": 1}
    found = parting({"r.json": json.dumps(first).encode()}, {"r.json": json.dumps(second).encode()})
    assert found == [{"file": "r.json", "facts": ["a", "b", "z"]}]


def saved(**arrays):
    return {"w.safetensors": save(arrays, metadata={"any": "thing"})}


def test_the_largest_difference_is_over_all_tensors_of_one_kind():
    one = saved(
        a=np.float32([1, 2]), b=np.float16([1.0]), c=np.float64([5.0]), d=np.int64([1]), e=np.float32([1])
    )
    two = saved(
        a=np.float32([1, 1.5]), b=np.float16([3.0]), c=np.float64([4.0]), d=np.int64([9]), f=np.float32([1])
    )
    assert parting(one, two) == [
        {"file": "w.safetensors", "tensor": "a", "tensors": 6, "largest_difference": 2.0},
    ]
    assert parting(saved(d=np.int64([1])), saved(d=np.int64([9])))[0]["largest_difference"] is None
    kinds = parting(saved(a=np.float32([1])), saved(a=np.float64([1])))
    assert (kinds[0]["tensor"], kinds[0]["largest_difference"]) == ("a", None)
    falls = parting(saved(a=np.float32([9.0])), saved(a=np.float32([4.0])))
    assert falls[0]["largest_difference"] == 5.0


def test_files_that_differ_in_their_notes_alone_part_in_no_tensor():
    one = {"w.safetensors": save({"a": np.float32([1])}, metadata={"by": "us"})}
    found = parting(one, {"w.safetensors": save({"a": np.float32([1])}, metadata={"by": "them"})})
    assert found == [{"file": "w.safetensors", "tensor": None, "tensors": 0, "largest_difference": None}]
