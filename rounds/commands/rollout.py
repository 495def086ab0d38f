"""`rounds abtest` and `rounds rollout …`: how the comparison in service stands, goes on, and is steered."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rounds.show import AsJson, say, show_json, show_record
from rounds.site import Site, site

if TYPE_CHECKING:
    from shared.registry.challenge_steps import Step
    from shared.registry.challenges import Challenge
    from shared.registry.steering import Steering

LOOK_SECONDS = 1.0
rollout = typer.Typer(no_args_is_help=True)
Why = Annotated[str, typer.Option("--reason", help="Kept with the act.")]
Type = Annotated[str, typer.Option("--model-type", help="Which question.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("abtest")(abtest)
    app.add_typer(rollout, name="rollout", help="A version on its way into service.")


def abtest(model_type: Type = "diagnosis", as_json: AsJson = False) -> None:
    """Show the running comparison, or the last one: counts, difference with its interval, evidence."""
    newest = _newest(site(), model_type)
    found = asdict(newest)
    shown = found.pop("shown")
    found |= _steered(newest.steering)
    del found["steering"]
    show_record(found | ({"evidence": shown} if as_json else _spoken(shown)), as_json=as_json)


@rollout.command("watch")
def watch(
    model_type: Type = "diagnosis",
    steps: Annotated[int, typer.Option(min=1, max=1000, help="Of the past to begin with.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Tell every step of the running comparison as it is decided, until it has ended."""
    from shared.registry import challenge_steps

    here, seen, state = site(), -1, ""
    while True:
        found = _newest(here, model_type)  # the end is looked for before the steps: none is missed
        with here.sessions() as session:
            new = [
                one for one in challenge_steps.steps(session, model_type, limit=steps) if one.number > seen
            ]
        for one in new:
            _tell(one, as_json=as_json)
            seen = one.number
        if not found.running:
            break
        if found.state != state:
            state = found.state
            say(f"{found.challenger} is {state}: {100 * found.share:g} % of persons, beside {found.champion}")
        time.sleep(LOOK_SECONDS)
    say(f"{found.challenger} is {found.state}: {found.why}")


@rollout.command("hold")
def hold(model_version: str, reason: Why, as_json: AsJson = False) -> None:
    """Hold the ramp where it stands; answers, counting and rollback go on."""
    _hold(model_version, reason, on=True, as_json=as_json)


@rollout.command("resume")
def resume(model_version: str, reason: Why, as_json: AsJson = False) -> None:
    """Let a ramp go on that somebody holds."""
    _hold(model_version, reason, on=False, as_json=as_json)


@rollout.command("promote")
def promote(model_version: str, reason: Why, as_json: AsJson = False) -> None:
    """Ask for the next step without more evidence; a second person agrees with `rounds approve`."""
    from shared.registry import models, steering

    here = site()
    with here.sessions.begin() as session:
        version = models.by_name(session, model_version)
        asked = steering.ask(session, version, reason=reason, maker=here.actor, now=here.now)
        answer = {"approval_id": asked.id, "model_version": version.name, "state": asked.state}
    show_record(answer, as_json=as_json)


def _hold(model_version: str, reason: str, *, on: bool, as_json: bool) -> None:
    from shared.registry import models, steering

    here = site()
    with here.sessions.begin() as session:
        version = models.by_name(session, model_version)
        steering.hold(session, version, on=on, reason=reason, actor=here.actor, now=here.now)
    show_record({"model_version": model_version, "held": on}, as_json=as_json)


def _steered(found: "Steering") -> dict[str, object]:
    """Who holds it and who wants it further, in the fields of the answer."""
    asked = found.asked
    wish = {"by": asked.maker, "state": asked.state, "reason": asked.reason} if asked else None
    return {"held": dict(found.held) if found.held else None, "asked": wish}


def _newest(here: Site, model_type: str) -> "Challenge":
    from shared.errors import NotFoundError
    from shared.registry import challenges, models

    with here.sessions() as session:
        found = challenges.newest(session, models.model_type(session, model_type).name)
    if found is None:
        raise NotFoundError(
            f"nothing of {model_type} was compared in service yet",
            field="model_type",
            fix="`rounds deploy VERSION` begins a comparison",
        )
    return found


def _tell(one: "Step", *, as_json: bool) -> None:
    if as_json:
        show_json({"step": one.number, "at": one.at, "action": one.action} | dict(one.shown))
        return
    shown = _spoken(one.shown)
    typer.echo(
        f"{one.at:%Y-%m-%d %H:%M}  {shown['stage']:<7} {one.action:<9} {shown['cases']} cases, "
        f"{shown['votes']} read, difference {shown['difference']}; {shown['why'] or 'goes on'}"
    )


def _spoken(shown: Mapping[str, object]) -> dict[str, object]:
    """The evidence for people: differences in points; nothing before the first step."""
    if not shown:
        return {}
    effect, interval = shown["effect"], shown["interval"]
    assert isinstance(effect, float) and isinstance(interval, list)
    low, high = (100 * bound for bound in interval)
    said = {"difference": f"{100 * effect:+.1f} points ({low:+.1f} to {high:+.1f})"}
    return {name: shown[name] for name in ("stage", "cases", "disagreements", "votes", "why")} | said
