"""`rounds policy`: the site's thresholds, and how they are changed by two people."""

from typing import Annotated, Any

import typer

from rounds.show import AsJson, show_record
from rounds.site import site

policy = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(policy, name="policy", help="The site's thresholds.")


@policy.command("show")
def show(
    *,
    version: Annotated[int | None, typer.Option(help="An earlier version; else the one in force.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show every threshold with its value; decisions name the version they used."""
    from shared.domain.policy_change import flat
    from shared.registry import policies

    with site().sessions() as session:
        if version is None:
            version, found = policies.current(session)
        else:
            found = policies.get(session, version)
    body = found.model_dump(mode="json")
    show_record({"version": version} | (body if as_json else flat(body)), as_json=as_json)


@policy.command("propose")
def propose(
    *,
    changes: Annotated[list[str], typer.Option("--set", help="A field, like gate_margin=0.01; repeatable.")],
    reason: Annotated[str, typer.Option(help="Why, in your words; the audit trail shows it.")],
    as_json: AsJson = False,
) -> None:
    """Ask for other thresholds; a second person says `rounds approve`."""
    from shared.registry import proposals

    here = site()
    with here.sessions.begin() as session:
        row, asked = proposals.propose(
            session, dict(map(_pair, changes)), reason=reason, maker=here.actor, now=here.now
        )
    show_record({"approval_id": asked.id, "state": asked.state, "changes": row.changes}, as_json=as_json)


def _pair(text: str) -> tuple[str, Any]:
    import json

    from shared.errors import InvalidInputError

    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInputError(f"{text} says no value", field="set", fix="--set gate_margin=0.01")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
