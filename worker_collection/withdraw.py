"""Stage: withdraw. Consent taken back: the cases leave every later dataset, and what used them is named."""

from shared.errors import NotFoundError
from shared.registry import persons, withdrawals
from shared.registry.tables import Withdrawal
from shared.registry.withdrawals import leave, recall
from worker_collection.deps import Deps

__all__ = ["leave", "recall", "withdraw"]


def withdraw(natural_key: str, deps: Deps, *, cause: str, actor: str) -> Withdrawal:
    """Take one person's cases out of learning and flag every model that saw them, in one transaction.

    Raises:
        NotFoundError: the site knows nobody under this key.
    """
    now = deps.clock()
    with deps.sessions.begin() as session:
        person_id = persons.find(session, natural_key, deps.vault)
        if person_id is None:
            raise NotFoundError("the site knows no person under this key", field="person")
        return withdrawals.leave(session, person_id, cause=cause, actor=actor, now=now)
