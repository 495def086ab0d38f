"""The audit trail as files, with the program that proves them."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def write_files(session: "Session", folder: Path, *, public_pem: bytes) -> None:
    """Write the chain, its checkpoints, the public key and the verifier into a folder that is made.

    Raises:
        FileExistsError: the folder exists already.
    """
    from shared import verifier
    from shared.registry import audit_chain

    folder.mkdir(parents=True, mode=0o700)
    with (folder / "audit.jsonl").open("w", encoding="utf-8") as file:
        for sealed in audit_chain.chain(session):
            said = {"position": sealed.position, "hash": sealed.hash.hex(), "event": sealed.event}
            file.write(f"{verifier.canonical(said)}\n")
    with (folder / "checkpoints.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{verifier.canonical(vars(one))}\n" for one in audit_chain.checkpoints(session))
    (folder / "public_key.pem").write_bytes(public_pem)
    (folder / "verifier.py").write_bytes(Path(verifier.__file__).read_bytes())
