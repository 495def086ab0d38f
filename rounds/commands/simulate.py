"""`rounds simulate`: a clinic's months in minutes, or the load that some hosts carry."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_json, show_record, show_rows


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("simulate")(simulate)


def simulate(  # noqa: PLR0913 - one parameter an option
    *,
    months: Annotated[int, typer.Option(min=1, max=120, help="Months of 30 days to play.")] = 12,
    per_day: Annotated[int, typer.Option(min=1, max=2000, help="Patients a day.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another clinic.")] = 1,
    rung: Annotated[
        str, typer.Option(help="What trainings learn: head (quick), lora, or best of both.")
    ] = "head",
    hosts: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Play the load of so many hosts instead.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for simulation.json and simulation.svg.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play a made-up clinic on a simulated clock with the real stages, or the load of some hosts.

    The site is made for it, with a Postgres of its own, and is gone afterwards. Nothing of yours is touched.
    """
    from shared.domain.recipe import parse_recipe

    recipe: dict[str, object] = {"rung": rung}
    parse_recipe("text_classifier", recipe)
    if hosts is not None:
        _load(hosts, seed=seed, recipe=recipe, as_json=as_json)
        return
    _months((seed, months, per_day), recipe, out=out, as_json=as_json)


def _months(
    wish: tuple[int, int, int], recipe: dict[str, object], *, out: Path | None, as_json: bool
) -> None:
    from rounds.sample_clinic.plans import FIRST_COLLECTED
    from rounds.simulation.months import DAYS_A_MONTH
    from rounds.simulation.picture import draw
    from rounds.simulation.report import Answer, report
    from rounds.simulation.site import NearSite
    from rounds.simulation.year import Wish, Year

    began = time.monotonic()

    def tell(what: str) -> None:
        say(f"{time.monotonic() - began:6.0f} s  {what}")

    def written(year: Year) -> Answer:
        found = report(year)
        found["figures"]["seconds"] = round(time.monotonic() - began, 1)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / "simulation.json").write_text(json.dumps(found, indent=1) + "\n")
            (out / "simulation.svg").write_text(draw(found))
        return found

    seed, months, per_day = wish
    with NearSite(FIRST_COLLECTED) as site:
        year = Year(site, Wish(seed, months * DAYS_A_MONTH, per_day, recipe), tell, after_month=written)
        year.play()
        found = written(year)
    if as_json:
        show_json(found)
        return
    show_rows([_month(number, one) for number, one in enumerate(found["months"], 1)], as_json=False)
    show_record(found["figures"], as_json=False)


def _load(hosts: int, *, seed: int, recipe: dict[str, object], as_json: bool) -> None:
    from rounds.sample_clinic.plans import FIRST_COLLECTED
    from rounds.simulation.hosts import measure, table
    from rounds.simulation.site import NearSite
    from rounds.simulation.year import Wish, Year

    with NearSite(FIRST_COLLECTED) as site:
        Year(site, Wish(seed, 0, 0, recipe), say).play()
        spent = measure(site, seed=seed)
    means = {
        "host_ms": 1000 * sum(one.host for one in spent) / len(spent),
        "database_ms": 1000 * sum(one.database for one in spent) / len(spent),
    }
    rows = table(spent, hosts=hosts, seed=seed)
    if as_json:
        show_json(means | {"loads": rows})
        return
    say(f"a prediction: {means['host_ms']:.1f} ms of a host, {means['database_ms']:.1f} ms of Postgres")
    show_rows(rows, as_json=False)


def _month(number: int, month: dict[str, object]) -> dict[str, object]:
    audit = month["audit"]
    shown = f"{audit['value']:.1%} (n {audit['n']})" if isinstance(audit, dict) else "not read"
    counted = {name: month[name] for name in ("seen", "labels", "readings", "withdrawn")}
    return {"month": number, "what": month["name"], "audit sample": shown, **counted}
