"""`rounds backup` and `rounds restore`: the whole site in one encrypted file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_record
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    *,
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist.")],
    as_json: AsJson = False,
) -> None:
    """Write database, artifacts and signing key into one file that only this site's secret opens."""
    from rounds.backup import write
    from shared.errors import ConflictError

    here = site()
    if out.exists():
        raise ConflictError(f"{out} exists", field="out", fix="name another file")
    told = write(out, here.settings, storage=here.storage, vault=here.vault, now=here.now, say=say)
    say(f"keep {here.settings.secret_file} elsewhere: without it nobody opens the backup")
    show_record(told, as_json=as_json)


def restore(
    *,
    file: Annotated[Path, typer.Argument(help="A file that `rounds backup` wrote.")],
    as_json: AsJson = False,
) -> None:
    """Bring a site back into an empty home that has its secret; nothing serves before all of it is proven."""
    from rounds.backup import database_up
    from rounds.proving import PROOFS
    from rounds.restore import bring_back
    from shared.errors import ConflictError, NotFoundError
    from shared.proofs import Witness
    from shared.signing import open_signer

    here = site()
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}", field="file")
    if not here.settings.secret_file.exists():
        raise NotFoundError(
            f"the site secret {here.settings.secret_file} is not there",
            field="ROUNDS_SITE_SECRET_FILE",
            fix="put the secret of the site that made the backup there, mode 0600",
        )
    told = bring_back(file, here.settings, storage=here.storage, vault=here.vault, say=say)
    witness = Witness(here.storage, open_signer(here.settings).public_pem())
    faults: list[str] = []
    with database_up(here.settings):
        for name, proof in PROOFS.items():
            with here.sessions() as session:
                faults += [f"{name}: {fault}" for fault in proof(session, witness)]
            say(f"{name} proven")
    show_record(told | {"faults": faults}, as_json=as_json)
    if faults:
        raise ConflictError(
            f"the site is back, and {len(faults)} things are not as they were sealed",
            fix="start it only when each is explained; `rounds verify` lists them",
        )
