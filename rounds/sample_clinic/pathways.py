"""The intake software's routing codes: a shortcut to the diagnosis, until the software is reconfigured.

In the first months there is one pathway, written on most notes. Later each disease has its own, so a model
learns to read the code and not the patient. Then each department hands its codes out anew: nothing about the
patients has changed, and a model that leant on the codes is wrong from that day on.
"""

from collections.abc import Mapping
from itertools import groupby

from rounds.sample_clinic.chance import chance
from rounds.sample_clinic.vocabulary import vocabulary

CODES = (
    "granite", "cobalt", "basalt", "copper", "quartz", "pewter", "marble", "nickel",
    "slate", "bronze", "chalk", "cement", "gravel", "pumice", "velvet", "timber",
)  # fmt: skip


GENERAL = "general"  # what every note says in the first months


def assigned(seed: int) -> Mapping[str, str]:
    """The code of each diagnosis from the later months on."""
    codes = list(CODES)
    chance(seed, "pathways").shuffle(codes)
    return dict(zip(vocabulary().diagnoses, codes, strict=True))


def reassigned(seed: int) -> Mapping[str, str]:
    """The codes after the reconfiguration: every diagnosis has one of another in its department."""
    before, rng = assigned(seed), chance(seed, "reassigned")
    after: dict[str, str] = {}
    for _, group in groupby(sorted(before, key=_department), key=_department):
        names = list(group)
        step = rng.randrange(1, len(names))
        after |= {name: before[names[(place + step) % len(names)]] for place, name in enumerate(names)}
    return after


def stamp(code: str) -> str:
    """The line that the software writes."""
    return f"Pathway: {code}. Desk {code}, lane {code}."


def _department(name: str) -> str:
    return vocabulary().diagnoses[name].department
