"""Everything that `rounds verify` can prove, by name."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.backends.files import WrongBytesError, fetch
from shared.errors import NotFoundError
from shared.proofs import Proof, Witness, audit_holds, datasets_hold, evidence_holds
from shared.registry.tables import ModelVersion


def models_hold(session: Session, witness: Witness) -> Iterator[str]:
    """Every version's files have the digest that was gated."""
    rows = select(ModelVersion.name, ModelVersion.digest).order_by(ModelVersion.created_at)
    for name, digest in session.execute(rows).all():
        try:
            fetch(witness.storage, digest)
        except (NotFoundError, WrongBytesError) as error:
            yield f"{name}: {error}"


PROOFS: Mapping[str, Proof] = {
    "audit": audit_holds,
    "evidence": evidence_holds,
    "datasets": datasets_hold,
    "models": models_hold,
}
