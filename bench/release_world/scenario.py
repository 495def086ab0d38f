"""What is true in one simulated clinic, and every scenario the decision engine is played against."""

from dataclasses import dataclass

CLASSES, DANGEROUS = 12, (0, 1, 2)
AGES, SEXES, SITES = 5, 2, 3
NULL, KEY = "null", "key"


@dataclass(frozen=True)
class Scenario:
    """One clinic and one challenger. Differences are in points of accuracy, 0.05 is five; times are days."""

    name: str
    kind: str = ""  # null: neither verdict is right; key: a goal stands on its mean
    effect: float = 0.0
    discordant: float = 0.10  # share of cases on which exactly one is right
    per_day: float = 200.0
    days: int = 40
    look_days: float = 0.25  # between two messages
    budget: int = 20
    reading_days: float = 0.6  # until a reading is answered, on the mean; 0 is at once
    label_days: float = 2.0  # the median of routine labels
    never: float = 0.10  # share of labels and of readings that never come
    site_effect: float | None = None  # at the first site, instead of `effect`
    dangerous_effect: float | None = None  # on classes that must not be missed
    overconfident: float = 0.0
    fault: float = 0.0  # fall of the challenger's accuracy
    fault_on: float | None = None  # the day it falls; None is at the promotion
    wrong_late: float = 1.0  # how many times later a routine label comes where a wrong answer was shown
    wrong_never: float = 0.0  # share of wrong answers shown that are never validated
    adopted: float = 0.0  # share of wrong answers shown that the clinician takes over as the label
    label_noise: float = 0.0
    corrected: float = 0.0  # share of labels and readings that come wrong and are corrected a day later
    doubled: float = 0.0  # share of facts that come twice
    reordered: float = 0.0  # share of facts that come up to a day late, whatever their time says
    repeats: float = 0.0  # share of cases of a patient who was here before and is answered alike
    mix: float = 0.0  # how unequal the classes are, 0 to 1
    season: float = 0.0  # how far the mix of classes and the accuracy swing within a month, 0 to 1
    bursts: float = 1.0  # how many times more cases come on one day in ten
    shadow: bool = True
    ends_in_canary: bool = False  # what comes after the shadow is not asked
    lost_scores: float = 0.0  # share of cases that the silent version did not score


AT_ONCE = {"budget": 10_000, "reading_days": 0.0, "never": 0.0, "look_days": 0.02}
SMALL, LARGE = {"per_day": 20.0}, {"per_day": 2000.0, "days": 12}
UNREAD = {"never": 1.0}


def _null(name: str, **given: float) -> Scenario:
    return Scenario(f"equal, {name}", NULL, **given)  # type: ignore[arg-type]


KEYS = (
    Scenario("-5, read at once", KEY, effect=-0.05, **AT_ONCE),  # type: ignore[arg-type]
    Scenario("-2, read at once", KEY, effect=-0.02, **AT_ONCE),  # type: ignore[arg-type]
    Scenario("+2, read at once", KEY, effect=0.02, ends_in_canary=True, **AT_ONCE),  # type: ignore[arg-type]
    Scenario("-5", KEY, effect=-0.05),
    Scenario("-2", KEY, effect=-0.02),
    Scenario("+5, then 8 worse", KEY, effect=0.05, fault=0.13, days=60),
)
NULLS = (
    Scenario("equal", NULL),
    _null("read at once", **AT_ONCE),
    _null("discordant 0.20", discordant=0.20),
    _null("small clinic", **SMALL),
    _null("large clinic", **LARGE),
    _null("slow readers", reading_days=3.0, never=0.4),
    _null("wrong late 3x", wrong_late=3.0),
    _null("wrong late 10x", wrong_late=10.0),
    _null("wrong never 0.4", wrong_never=0.4),
    _null("wrong never 0.9", wrong_never=0.9),
    _null("adopted 0.3", adopted=0.3),
    _null("adopted 0.9", adopted=0.9),
    _null("noise 0.1", label_noise=0.1),
    _null("noise 0.3", label_noise=0.3),
    _null("corrected 0.1", corrected=0.1),
    _null("corrected 0.4", corrected=0.4),
    _null("doubled 0.3", doubled=0.3),
    _null("reordered 0.5", reordered=0.5),
    _null("repeats 0.3", repeats=0.3),
    _null("repeats 0.8", repeats=0.8),
    _null("uneven mix", mix=0.9),
    _null("season", season=0.8),
    _null("bursts 10x", bursts=10.0),
    _null("scores lost 0.3", lost_scores=0.3),
    _null("all at once", adopted=0.5, wrong_never=0.3, doubled=0.2, reordered=0.3, repeats=0.4, bursts=5.0,
          season=0.5, label_noise=0.05, corrected=0.1),
    _null("nobody labels", **UNREAD),
    _null("no shadow", shadow=False, days=28),
    _null("no shadow, adopted 0.6, repeats", shadow=False, days=28, adopted=0.6, repeats=0.5),
    Scenario("+5, then equal", NULL, effect=0.05, fault=0.05, days=60),
)  # fmt: skip
OTHERS = (
    Scenario("-20", effect=-0.20, discordant=0.30),
    Scenario("-20, small clinic", effect=-0.20, discordant=0.30, **SMALL),  # type: ignore[arg-type]
    Scenario("-5, small clinic", effect=-0.05, **SMALL),  # type: ignore[arg-type]
    Scenario("-5, large clinic", effect=-0.05, **LARGE),  # type: ignore[arg-type]
    Scenario("-5, adopted 0.6", effect=-0.05, adopted=0.6),
    Scenario("-5, noise 0.1", effect=-0.05, label_noise=0.1),
    Scenario("-5, repeats 0.5", effect=-0.05, repeats=0.5),
    Scenario("-5, nobody labels", effect=-0.05, **UNREAD),
    Scenario("-5, no shadow", effect=-0.05, shadow=False, days=28),
    Scenario("+2", effect=0.02, days=60),
    Scenario("+5", effect=0.05),
    Scenario("+5, small clinic", effect=0.05, days=60, **SMALL),  # type: ignore[arg-type]
    Scenario("+5, adopted 0.6", effect=0.05, adopted=0.6),
    Scenario("+4, one site -10", effect=0.04, site_effect=-0.10),
    Scenario("+6, must-not-miss -15", effect=0.06, dangerous_effect=-0.15, discordant=0.16),
    Scenario("+3, overconfident", effect=0.03, overconfident=0.15),
    Scenario("+5, then 3 worse", effect=0.05, fault=0.08, days=60),
    Scenario("+5, then 1 worse", effect=0.05, fault=0.06, days=200),
    Scenario("+5, 8 worse from day 5", effect=0.05, fault=0.13, fault_on=5.0),
)
SCENARIOS = (*KEYS, *NULLS, *OTHERS)
