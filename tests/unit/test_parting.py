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
