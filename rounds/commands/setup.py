"""`rounds config`, `migrate`, `doctor`: is this site set up right?"""

import typer

from rounds.show import AsJson, show_json, show_record, show_rows
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("config")(config)
    app.command("migrate")(migrate)
    app.command("doctor")(doctor)


def config(as_json: AsJson = False) -> None:
    """Show the effective settings, passwords left out, and what each is for."""
    from shared.config import PREFIX, Settings, masked

    values = masked(site().settings)
    helps = {f"{PREFIX}{name.upper()}": field.description for name, field in Settings.model_fields.items()}
    if as_json:
        show_json(values)
        return
    rows = [
        {"setting": name, "value": value or "–", "meaning": helps[name]} for name, value in values.items()
    ]
    show_rows(rows, as_json=False)


def migrate(
    to: str = typer.Option("head", help="Revision to go to, up or down."), as_json: AsJson = False
) -> None:
    """Bring the database to this version's tables."""
    from shared.registry import migrate as migration

    here = site()
    missing = migration.pending(here.settings)
    migration.migrate(here.settings, revision=to)
    show_record({"revision": to, "applied": missing if to == "head" else []}, as_json=as_json)


def doctor(
    repair: bool = typer.Option(False, "--repair", help="Put right what can be without a doubt."),
    as_json: AsJson = False,
) -> None:
    """Check the machine and the site, and name a remedy for whatever is wrong, or mend it."""
    from rounds.doctor import examine

    findings = examine(site(), repair=repair)
    if as_json:
        show_json([finding.shown() for finding in findings])
    else:
        for finding in findings:
            show_record({finding.verdict: f"{finding.check}: {finding.found}"}, as_json=False)
            if told := finding.did or finding.remedy:
                show_record({"  →": told}, as_json=False)
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(3)
