"""`rounds plan`: what a challenge would take in this clinic, before anybody switches it on."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_json, show_rows
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("plan")(plan)


def plan(  # noqa: PLR0913, PLR0917 - one parameter an option
    model_type: Annotated[str, typer.Option(help="Which question.")] = "diagnosis",
    cases_per_day: Annotated[float | None, typer.Option(min=0, help="Instead of the measured.")] = None,
    readings_per_day: Annotated[int | None, typer.Option(min=0, help="Instead of the policy's.")] = None,
    disagreements: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of cases on which two versions differ.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a challenge takes here: days, readings, exposure, and the chance to miss a difference."""
    from shared.domain.outlook import outlooks
    from shared.registry import models, policies, rates

    told = {"cases_per_day": cases_per_day, "disagree_share": disagreements}
    with site().sessions() as session:
        name = models.model_type(session, model_type).name
        version, policy = policies.current(session)
        given = {key: value for key, value in told.items() if value is not None}
        measured = rates.measure(session, name, now=datetime.now(UTC), told=given)
    if readings_per_day is not None:
        policy = policy.model_copy(update={"adjudication_budget_per_day": readings_per_day})
    found = [asdict(one) for one in outlooks(measured.rates, policy)]
    if as_json:
        shown = {"model_type": name, "policy_version": version, "rates": asdict(measured.rates)}
        readers = policy.adjudication_budget_per_day
        show_json(shown | {"measured": measured.own, "readings_per_day": readers, "outlooks": found})
        return
    usual = sorted(asdict(measured.rates).keys() - set(measured.own) - given.keys())
    say(f"{measured.rates.cases_per_day:.3g} cases a day; not measured here, but usual: {', '.join(usual)}")
    show_rows([_row(one) for one in found], as_json=False)


def _row(one: dict[str, float | None]) -> dict[str, object]:
    """For people: differences in points, shares in percent."""
    missed, days, effect = one["missed"], one["days"], one["effect"]
    assert effect is not None
    return {
        "challenger": "equal" if not effect else f"{effect * 100:+.0f} points",
        **{name: _percent(one[name]) for name in ("promoted", "rolled_back", "undecided")},
        "missed": None if missed is None else _percent(missed),
        "days": None if days is None else round(days, 1),
        "readings": round(one["readings"] or 0),
        "exposed": round(one["exposed"] or 0),
    }


def _percent(share: float | None) -> str:
    return f"{(share or 0) * 100:.0f} %"
