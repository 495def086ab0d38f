"""A few days of a simulated clinic with every real stage."""

import pytest

from rounds.sample_clinic.plans import FIRST_COLLECTED
from rounds.simulation.days import TYPE
from rounds.simulation.hosts import measure, table
from rounds.simulation.report import report
from rounds.simulation.site import NearSite
from rounds.simulation.year import Wish, Year
from shared.registry import models

DAYS, A_DAY = 9, 12


@pytest.mark.slow
def test_days_are_played_with_the_real_stages():
    told: list[str] = []
    with NearSite(FIRST_COLLECTED) as site:
        year = Year(site, Wish(seed=1, days=DAYS, per_day=A_DAY, recipe={"rung": "head"}), told.append)
        year.play()
        found = report(year)
        with site.sessions() as session:
            live = models.live(session, TYPE)
        loads = table(measure(site, seed=1), hosts=10, seed=1)
    assert live is not None and told[0].startswith(live.name if live.number == 1 else "diagnosis-1")
    assert [one.seen for one in year.days] == [A_DAY] * DAYS
    assert sum(one.labels for one in year.days) > A_DAY, "answers come back within days"
    assert found["weeks"][0]["seen"] == 7 * A_DAY
    assert found["weeks"][0]["audit"]["n"] <= found["weeks"][0]["readings"]
    assert 0.3 < found["weeks"][0]["truth"] < 1.0
    assert len(year.planned) == 2, "the first version, and one Sunday"
    assert found["cost"]["seconds"] > 0
    assert [row["load"] for row in loads] == sorted(row["load"] for row in loads)
    assert all(row["p50_ms"] <= row["p99_ms"] for row in loads)
