"""`rounds up`, `status`, `pause`, `resume`: the stack as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_json, show_record, show_rows
from rounds.site import Site, read_status, site

PORTS = ("api_bind", "events_bind", "flower_bind", "model_server_bind")
OWNER_KEY = "owner"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("up")(up)
    app.command("status")(status)
    app.command("pause")(pause)
    app.command("resume")(resume)


def up(
    *,
    home: Annotated[Path | None, typer.Option(help="Home folder of this stack.")] = None,
    port_base: Annotated[
        int | None,
        typer.Option(min=1, max=65000, help="API on N, events on N+1, Flower on N+2, model server on N+3."),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Keep the parts' lines in their files only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start the whole stack and stay; Ctrl-C stops all of it."""
    from rounds.stack import Supervisor

    here = site()
    here = Site(home or here.home, here.debug, _ports(port_base))
    supervisor = Supervisor(here.settings, quiet=quiet or as_json)
    supervisor.run(on_ready=lambda: _greet(here, as_json=as_json))


def status(as_json: AsJson = False) -> None:
    """Show the parts of the stack on this home, and what stands in the way."""
    from shared.errors import PartDownError

    here = site()
    stack = read_status(here.settings.root)
    if not stack:
        raise PartDownError(f"no stack runs on {here.settings.root}", fix="start it with `rounds up`")
    paused = _is_paused(here)
    if as_json:
        show_json({name: stack[name] for name in stack if name != "settings"} | {"paused": paused})
        return
    show_record({"api": stack["api"], "flower": stack["flower"], "paused": paused}, as_json=False)
    rows = [{"part": name, **part} for name, part in stack["parts"].items()]
    show_rows(rows, as_json=False)


def pause(as_json: AsJson = False) -> None:
    """Stop all automation (collection, training, ramp); serving and rollback stay alive."""
    _turn(on=True, as_json=as_json)


def resume(as_json: AsJson = False) -> None:
    """Let the automation run again."""
    _turn(on=False, as_json=as_json)


def _turn(*, on: bool, as_json: bool) -> None:
    from shared.registry import switches

    here = site()
    with here.sessions.begin() as session:
        changed = switches.turn(session, switches.PAUSED, on=on, actor=here.actor, now=here.now)
    show_record({"paused": on, "changed": changed}, as_json=as_json)


def _is_paused(here: Site) -> bool:
    from shared.registry import switches

    with here.sessions() as session:
        return switches.is_on(session, switches.PAUSED)


def _ports(port_base: int | None) -> dict[str, object]:
    if port_base is None:
        return {}
    return {name: f"127.0.0.1:{port_base + place}" for place, name in enumerate(PORTS)}


def _greet(here: Site, *, as_json: bool) -> None:
    """Say where everything is; at the first start also the one key that holds every role."""
    from rounds import doctor
    from rounds.stack import addresses

    told = {name: value for name, value in addresses(here.settings).items() if name != "settings"}
    told["docs"] = f"{told['api']}/api/docs"
    told["flower_password_file"] = str(here.settings.root / "keys" / "flower.password")
    told["storage"] = "; ".join(finding.found for finding in doctor.look(doctor.storage, here))
    key = _first_key(here)
    show_record(told | ({"key": key} if key else {}), as_json=as_json)
    if key:
        say("The key above holds every role and is shown this once; give people keys of their own with")
        say("  rounds key create --name NAME --role ROLE")


def _first_key(here: Site) -> str | None:
    from shared.registry import keys

    with here.sessions.begin() as session:
        if keys.count(session):
            return None
        return keys.create(session, OWNER_KEY, keys.ROLES, now=here.now, actor="first start")[1]
