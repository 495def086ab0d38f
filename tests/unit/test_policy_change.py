import pytest

from shared.domain.deid import Dates, PolicyNotDeterminedError
from shared.domain.due import CronLineError
from shared.domain.policy import Policy
from shared.domain.policy_change import BOUNDS, PolicyError, changed, difference


def test_a_change_touches_what_it_names_and_nothing_else():
    made = changed(Policy(), {"gate_margin": 0.01, "deid.tagger": False})
    assert difference(Policy(), made) == {"gate_margin": (0.02, 0.01), "deid.tagger": (True, False)}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gate_margins": 0.01}, "gate_margins"),
        ({"deid.sort": 1}, "deid.sort"),
        ({"gate_margin.x": 1}, "gate_margin.x"),
        ({"gate_margin": "little"}, "gate_margin"),
        ({"gate_margin": 1.5}, "gate_margin"),
        ({"gate_margin": float("nan")}, "gate_margin"),
        ({"alpha_promote": 0.5}, "alpha_promote"),
        ({"ramp": [0.5, 0.05, 1.0]}, "ramp"),
        ({"ramp": [0.05, 0.5]}, "ramp"),
        ({"ramp": []}, "ramp"),
        ({"ramp": [0.05, 0.1, 0.25, 0.5, 1.0]}, "ramp"),
        ({"ramp": [0.0, 1.0]}, "ramp"),
        ({"release_mode": "free"}, "release_mode"),
        ({"gate_margin": 0.02}, "changes"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes, field):
    with pytest.raises(PolicyError) as refused:
        changed(Policy(), changes)
    assert refused.value.field == field and refused.value.fix


def test_rules_of_their_own_hold_here_too():
    with pytest.raises(CronLineError):
        changed(Policy(), {"train_at": "sometimes"})
    with pytest.raises(PolicyNotDeterminedError):
        changed(Policy(), {"deid.dates": Dates.EXPERT_SHIFT.value})


def test_every_bound_is_of_a_field_and_holds_its_default():
    assert all(low <= getattr(Policy(), name) <= high for name, (low, high) in BOUNDS.items())
