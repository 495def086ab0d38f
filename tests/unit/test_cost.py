import pytest

from shared.domain.cost import Usage, per_point, priced, total
from shared.domain.policy import Policy


def test_energy_of_cores_is_modelled_and_says_so():
    entry = priced(Usage(seconds=10.0, cpu_seconds=360.0), Policy(watts_a_core=10.0))
    assert entry["kwh"] == pytest.approx(0.001)
    assert (entry["energy"], entry["money"]) == ("modelled", None)


def test_a_measured_gpu_is_taken_as_measured_and_an_unmeasured_one_as_modelled():
    policy = Policy(watts_a_core=0.0, watts_a_gpu=500.0, price_a_kwh=0.4, price_a_gpu_hour=2.0)
    hour = {"seconds": 3600.0, "cpu_seconds": 0.0, "gpu_seconds": 3600.0}
    measured = priced(Usage(**hour, gpu_joules=1.8e6), policy)
    assert (measured["kwh"], measured["energy"]) == (pytest.approx(0.5), "GPU measured, cores modelled")
    assert measured["money"] == pytest.approx(0.5 * 0.4 + 2.0)
    assert priced(Usage(**hour), policy)["kwh"] == pytest.approx(0.5)


def test_a_ledger_sums_what_is_known_and_calls_a_mixed_sum_modelled():
    policy = Policy(price_a_kwh=1.0)
    first = priced(Usage(1.0, 2.0), policy)
    second = priced(Usage(3.0, 4.0, gpu_seconds=3.0, gpu_joules=9.0), policy)
    whole = total([{}, first, second, {"seconds": 5.0}])
    assert (whole["seconds"], whole["cpu_seconds"], whole["energy"]) == (9.0, 6.0, "modelled")
    assert whole["money"] == pytest.approx(first["money"] + second["money"])
    assert total([]) == {}
    assert total([whole])["kwh"] == whole["kwh"]


def test_a_point_has_a_price_only_when_one_was_gained():
    cost = {"seconds": 30.0, "kwh": 0.2, "money": None}
    assert per_point(cost, 2.0)["seconds"] == 15.0
    assert per_point(cost, 2.0)["money"] is None
    assert per_point(cost, 0.0) is None
    assert per_point(cost, -1.0) is None
    assert per_point(cost, None) is None


def test_every_figure_of_an_entry_follows_from_use_and_policy():
    policy = Policy(watts_a_core=20.0, watts_a_gpu=300.0, price_a_kwh=0.5, currency="CHF")
    entry = priced(Usage(seconds=10.0, cpu_seconds=90_000.0, gpu_seconds=6_000.0), policy)
    assert entry == {
        "seconds": 10.0,
        "cpu_seconds": 90_000.0,
        "gpu_seconds": 6_000.0,
        "kwh": pytest.approx(1.0),
        "energy": "modelled",
        "money": pytest.approx(0.5),
        "currency": "CHF",
    }
    measured = priced(Usage(10.0, 90_000.0, 6_000.0, gpu_joules=3.6e6), policy)
    assert measured["kwh"] == pytest.approx(1.5)
    by_hour = priced(Usage(10.0, 90_000.0, 6_000.0), Policy(watts_a_core=20.0, price_a_gpu_hour=3.0))
    assert by_hour["money"] == pytest.approx(5.0)
    assert priced(Usage(1.0, 0.0), Policy(price_a_kwh=0.0))["money"] == 0.0
    assert Usage(1.0, 2.0) == Usage(1.0, 2.0, 0.0, None)


def test_a_sum_knows_what_its_parts_know():
    first = {"seconds": 1.0, "kwh": None, "energy": "GPU measured, cores modelled", "currency": "EUR"}
    second = {"seconds": "2.5", "gpu_seconds": 4, "energy": "", "currency": "CHF"}
    assert total([first, second]) == {
        "seconds": 3.5,
        "cpu_seconds": None,
        "gpu_seconds": 4.0,
        "kwh": None,
        "money": None,
        "energy": "GPU measured, cores modelled",
        "currency": "CHF",
    }
    assert total([{"seconds": 1.0}])["energy"] is None
    assert total([{"seconds": 1.0}])["currency"] is None


def test_the_price_of_a_point_is_each_sum_over_the_points():
    assert per_point({"seconds": "30", "money": 4.0, "energy": "modelled"}, 0.5) == {
        "seconds": 60.0,
        "cpu_seconds": None,
        "gpu_seconds": None,
        "kwh": None,
        "money": 8.0,
    }
    assert per_point({}, 2.0) is None
