"""`rounds withdraw`: whose cases leave learning, what had used them, and a certificate to hand out."""

from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, show_record
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("withdraw")(withdraw)


def withdraw(
    *,
    person: Annotated[str, typer.Option(help="The person's record number or opaque id.")],
    cause: Annotated[str, typer.Option(help="Why, without patient data.")] = "consent withdrawn",
    certificate: Annotated[Path | None, typer.Option(help="A file for the certificate.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a person's cases out of learning; lists every dataset, job and model that used them."""
    import json

    from shared.exports.files import whole
    from shared.registry import withdrawals

    here = site()
    with here.sessions.begin() as session:
        row = withdrawals.of_person(
            session, person, vault=here.vault, cause=cause, actor=here.actor, now=here.now
        )
        said = withdrawals.certificate(session, row)
    shown = {"withdrawal_id": str(row.id), "person": str(row.person_id)} | row.reached
    shown |= {"remedy": said["remedy"], "sha256": said["sha256"]}
    if certificate is not None:
        with whole(certificate) as file:
            file.write(json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n")
        shown["certificate"] = str(certificate)
    show_record(shown, as_json=as_json)
