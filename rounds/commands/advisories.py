"""`rounds audit-deps`: installed packages against a file of advisories, without a network."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_rows
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("audit-deps")(audit_deps)


def audit_deps(
    *,
    advisories: Annotated[
        Path | None, typer.Option(help="OSV records, as JSON or JSON lines, carried in by hand.")
    ] = None,
    sbom: Annotated[Path | None, typer.Option(help="Write what is installed as CycloneDX JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Name every installed package that an advisory warns of; exits 1 when there is one."""
    import json

    from rounds import advisories as rules
    from shared.errors import InvalidInputError, NotFoundError

    if advisories is None and sbom is None:
        raise InvalidInputError(
            "nothing to do", field="advisories", fix="give --advisories FILE or --sbom FILE"
        )
    if sbom is not None:
        bill = rules.bill_of_materials(site().now.isoformat())
        sbom.write_text(json.dumps(bill, indent=1) + "\n")
        say(f"{len(bill['components'])} packages written to {sbom}")
    if advisories is None:
        return
    if not advisories.is_file():
        raise NotFoundError(f"there is no file {advisories}", field="advisories")
    found = sorted(rules.warned(rules.installed(), rules.read(advisories)), key=lambda one: one.package)
    show_rows([asdict(one) for one in found], as_json=as_json, none="no installed package is warned of")
    if found:
        raise typer.Exit(1)
