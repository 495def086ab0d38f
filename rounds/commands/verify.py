"""`rounds verify`: proof that nothing that must never change has changed."""

from pathlib import Path
from typing import Annotated

import typer

from rounds.show import AsJson, say, show_json
from rounds.site import site


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("verify")(verify)


def verify(
    *,
    only: Annotated[list[str] | None, typer.Option(help="audit, evidence, datasets or models.")] = None,
    checkpoint: Annotated[list[str] | None, typer.Option(help="One from the foot of an alert mail.")] = None,
    files: Annotated[Path | None, typer.Option(help="A new folder for the trail and its verifier.")] = None,
    pack: Annotated[Path | None, typer.Option(help="Prove an evidence pack instead of this site.")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove audit, evidence, data sets and models; every altered record is named."""
    from rounds.audit_files import write_files
    from rounds.proving import PROOFS
    from shared.errors import InvalidInputError
    from shared.proofs import Witness
    from shared.signing import public_pem
    from shared.verifier import Checkpoint

    if pack is not None:
        _answer({"pack": _of_pack(pack)}, as_json=as_json)
        return
    here, chosen = site(), only or list(PROOFS)
    unknown = [name for name in chosen if name not in PROOFS]
    if unknown:
        raise InvalidInputError(
            f"{unknown[0]} cannot be proven", field="only", fix=f"one of {', '.join(PROOFS)}"
        )
    try:
        brought = [Checkpoint.from_text(text) for text in checkpoint or ()]
    except ValueError:
        fix = "give the word behind `Audit checkpoint:` as it stands"
        raise InvalidInputError("this is no checkpoint", field="checkpoint", fix=fix) from None
    pem = public_pem(here.settings)
    witness, found = Witness(here.storage, pem, brought), dict[str, list[str]]()
    for name in chosen:
        with here.sessions() as session:
            found[name] = list(PROOFS[name](session, witness))
        _say(name, found[name])
    if files is not None:
        with here.sessions() as session:
            write_files(session, files, public_pem=pem)
    _answer(found, as_json=as_json)


def _say(name: str, found: list[str]) -> None:
    say(f"{name}: {f'{len(found)} faults' if found else 'holds'}")


def _of_pack(folder: Path) -> list[str]:
    """A pack is proven from its files alone, its trail included."""
    from rounds.evidence_pack import faults
    from shared.verifier import faults_of

    found = [*faults(folder), *faults_of(folder)]
    _say("pack", found)
    return found


def _answer(found: dict[str, list[str]], *, as_json: bool) -> None:
    holds = not any(found.values())
    if as_json:
        show_json({"holds": holds, "faults": found})
    else:
        for name, sentences in found.items():
            for sentence in sentences:
                typer.echo(f"{name}\t{sentence}")
    if not holds:
        raise typer.Exit(1)
