"""What is told of a machine: only what lasts, the gravest word of each figure, and its end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.strain import LOOKS, Patience, strains


def test_the_gravest_limit_of_a_figure_is_told_and_absent_figures_say_nothing():
    [full] = strains("h", {"host_disk_free_share": 0.01})
    [filling] = strains("h", {"host_disk_free_share": 0.09, "host_memory_share": 0.5})
    assert (full.limit.severity, filling.limit.severity) == ("critical", "warning")
    assert full.key == filling.key == "resources:h:host_disk_free_share"
    assert strains("h", {}) == []


def test_a_limit_itself_is_no_trouble():
    calm = {"host_disk_free_share": 0.10, "host_memory_share": 0.95, "host_clock_skew_seconds": 5.0}
    assert strains("h", calm | {"gpu_temperature_celsius": 90.0, "gpu_errors": 0.0}) == []
    hot = strains("h/gpu-0", {"gpu_temperature_celsius": 90.1, "gpu_errors": 1.0})
    assert {one.limit.severity for one in hot} == {"warning", "critical"}


@given(st.lists(st.booleans(), max_size=60))
def test_a_strain_is_told_while_it_lasts_and_over_once(seen):
    [strain] = strains("h", {"host_memory_share": 0.99})
    patience, told = Patience(), []
    for look, is_there in enumerate(seen):
        lasting, over = patience.look({strain.key: strain} if is_there else {})
        recent = seen[max(0, look + 1 - LOOKS) : look + 1]
        assert bool(lasting) == (len(recent) == LOOKS and all(recent))
        told += over
        if over:
            assert len(recent) == LOOKS and not any(recent)
    starts = sum(now and not before for before, now in pairwise([False, *seen]))
    assert len(told) <= starts


def test_what_was_told_before_the_watcher_began_is_over_when_it_is_not_seen():
    patience = Patience()
    for look in range(LOOKS):
        patience.remember("resources:h:host_memory_share")
        _, over = patience.look({})
        assert bool(over) == (look == LOOKS - 1)


@pytest.mark.parametrize(
    ("figure", "fine", "bad", "severity", "says"),
    [
        ("host_disk_free_share", 0.10, 0.0999, "warning", "the disk fills up"),
        ("host_disk_free_share", 0.10, 0.02, "warning", "the disk fills up"),
        ("host_disk_free_share", 0.10, 0.0199, "critical", "the disk is full"),
        ("host_memory_share", 0.95, 0.951, "warning", "memory runs out"),
        ("host_clock_skew_seconds", 5.0, 5.01, "warning", "its clock and the database's are apart"),
        ("gpu_temperature_celsius", 90.0, 90.1, "warning", "a GPU is too hot"),
        ("gpu_errors", 0.0, 1.0, "critical", "a GPU's memory has errors that cannot be corrected"),
    ],
)
def test_each_figure_has_its_limit(figure, fine, bad, severity, says):
    assert strains("h", {figure: fine}) == []
    [found] = strains("h", {figure: bad})
    assert (found.where, found.value, found.limit.severity, found.limit.says) == ("h", bad, severity, says)
    assert found.key == f"resources:h:{figure}"


def test_three_looks_in_a_row_are_asked_for_either_way():
    [strain] = strains("h", {"host_memory_share": 0.99})
    there, gone = {strain.key: strain}, {}
    patience, told = Patience(), []
    for found in (there, there, gone, there, there, there, there, gone, gone, gone, gone, gone, gone):
        told.append(patience.look(found))
    lasting = [bool(one) for one, _ in told]
    assert lasting == [False] * 5 + [True, True] + [False] * 6
    assert [over for _, over in told] == [[]] * 9 + [[strain.key]] + [[]] * 3
    assert told[5][0] == [strain]
    patience.look(there)
    patience.remember(strain.key)
    patience.look(there)
    assert patience.look(there)[0] == [strain]  # what is seen anyhow is not forgotten by being remembered
