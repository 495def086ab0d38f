"""Stage: withdraw. Consent taken back: the cases leave every later dataset, and what used them is named."""

from shared.registry import withdrawals
from shared.registry.tables import Withdrawal
from shared.registry.withdrawals import leave, recall
from worker_collection.deps import Deps

__all__ = ["leave", "recall", "withdraw"]


def withdraw(natural_key: str, deps: Deps, *, cause: str, actor: str) -> Withdrawal:
    """Take one person's cases out of learning and flag every model that saw them, in one transaction.

    Raises:
        NotFoundError: the site knows nobody under this key.
    """
    with deps.sessions.begin() as session:
        return withdrawals.of_person(
            session, natural_key, vault=deps.vault, cause=cause, actor=actor, now=deps.clock()
        )
