"""`rounds key`: who may talk to the API."""

from datetime import timedelta
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_record, show_rows
from rounds.site import site

key = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(key, name="key", help="Who may talk to the API.")


@key.command("create")
def create(
    *,
    name: Annotated[str, typer.Option(help="Whose key it is; the audit trail shows it.")],
    role: Annotated[str, typer.Option(help="One role or several with commas, or all.")],
    days: Annotated[int | None, typer.Option(min=1, help="Ends after so many days; else never.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, this once."""
    from shared.registry import keys

    here = site()
    roles = keys.ROLES if role == "all" else tuple(word.strip() for word in role.split(",") if word.strip())
    ends = here.now + timedelta(days=days) if days else None
    with here.sessions.begin() as session:
        row, text = keys.create(session, name, roles, now=here.now, actor=here.actor, expires_at=ends)
    show_record({"key": text, "name": row.name, "roles": row.roles, "expires_at": ends}, as_json=as_json)
    if not as_json:
        say("Note the key now: it is not stored and cannot be shown again.")


@key.command("list")
def listing(as_json: AsJson = False) -> None:
    """List the keys, without their secrets."""
    from shared.registry import keys

    here = site()
    with here.sessions() as session:
        rows = [
            {
                "name": row.name,
                "prefix": row.prefix,
                "roles": ",".join(row.roles),
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "revoked_at": row.revoked_at,
                "last_used_at": row.last_used_at,
            }
            for row in keys.listed(session)
        ]
    show_rows(rows, as_json=as_json, none="no keys yet: make one with `rounds key create`")


@key.command("revoke")
def revoke(name: str, as_json: AsJson = False) -> None:
    """End a key for good; the API refuses it within two seconds."""
    from shared.registry import keys

    here = site()
    with here.sessions.begin() as session:
        row = keys.revoke(session, name, now=here.now, actor=here.actor)
    show_record({"name": row.name, "revoked_at": row.revoked_at}, as_json=as_json)


@key.command("factor")
def factor(
    name: str,
    *,
    remove: Annotated[bool, typer.Option(help="Take the device away, as when it is lost.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give the holder of a key a second factor: an address for an authenticator app, shown this once."""
    from shared.registry import keys, second_factors

    here = site()
    with here.sessions.begin() as session:
        row = keys.named(session, name)
        if remove:
            gone = second_factors.remove(session, row, now=here.now, actor=here.actor)
            told = {"name": name, "removed": gone}
        else:
            address = second_factors.enrol(session, row, vault=here.vault, now=here.now, actor=here.actor)
            told = {"name": name, "address": address}
    show_record(told, as_json=as_json)
    if not as_json and not remove:
        say("Put the address into the authenticator app now: it cannot be shown again.")
