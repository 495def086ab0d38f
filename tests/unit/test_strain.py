"""What is told of a machine: only what lasts, the gravest word of each figure, and its end."""

from itertools import pairwise

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
