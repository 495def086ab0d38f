"""The weekly lists of hard cases: a few unread answers for each clinician, apart from the audit sample."""

from shared.domain.hard_cases import Doubt, choose, deal, words_of
from shared.registry import hard_cases, models, policies
from shared.vault import Vault
from worker_collection.deps import Deps

LOOKED_AT = 2000  # of the newest answers
PICTURES = "segmentation"  # what a mask is unsure of is not told by words
_INPUT = "prediction"


def renew(model_type: str, deps: Deps, *, actor: str) -> int:
    """Fill the lists of those who validate up to the budget of the week; how many were put on.

    Nothing is measured on them: they were chosen for being hard, and would make every version look bad.
    """
    now = deps.clock()
    with deps.sessions() as session:
        if models.model_type(session, model_type).family == PICTURES:
            return 0
        _, policy = policies.current(session)
        room = hard_cases.room(session, model_type, budget=policy.hard_cases_per_week, now=now)
        found = hard_cases.unread(session, model_type, limit=LOOKED_AT) if any(room.values()) else []
    doubts = [_doubt(one, deps.vault) for one in found]
    lists = deal(choose(doubts, sum(room.values())), room)
    with deps.sessions.begin() as session:
        return hard_cases.ask(session, model_type, lists, actor=actor, now=now)


def _doubt(one: hard_cases.Unread, vault: Vault) -> Doubt:
    text = vault.open(one.sealed, _INPUT).decode(errors="replace")
    return Doubt(str(one.prediction_id), one.top, one.others, words_of(text))
