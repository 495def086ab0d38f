"""What a simulated clinic lives through, month by month; what is beyond the list begins at its fourth."""

from dataclasses import dataclass

from rounds.sample_clinic import pathways
from rounds.sample_clinic.encounters import MEDIAN_DELAY_DAYS, MISTAKEN, Times
from rounds.sample_clinic.notes import LATER_WORDS, Manner

DAYS_A_MONTH = 30
LEARNABLE_MONTHS = 3  # in which the clinic changes in ways that its cases teach


@dataclass(frozen=True)
class Month:
    """One month: what changes in the clinic. The first `away_days` nobody validates and nobody reads."""

    name: str
    later_words: float = LATER_WORDS
    newest: bool = True
    mistaken: float = MISTAKEN
    delay_days: float = MEDIAN_DELAY_DAYS
    away_days: int = 0
    withdrawals_a_day: int = 0

    def times(self, seed: int, day: int) -> Times:
        """How the day of that number within the month is."""
        codes = pathways.assigned(seed)
        return Times(
            manner=Manner(later=True, codes=codes, later_words=self.later_words),
            newest=self.newest,
            mistaken=self.mistaken,
            delay_days=self.delay_days,
            answering=self.is_working(day),
        )

    def is_working(self, day: int) -> bool:
        """Whether clinicians validate and read on that day of the month."""
        return day >= self.away_days


MONTHS = (
    Month("routing codes and a second site", later_words=0.1, newest=False),
    Month("a disease nobody had seen", later_words=0.1),
    Month("other words for the same complaints"),
    Month("an ordinary month"),
    Month("a bad month: one answer in four is wrong", mistaken=0.25),
    Month("an ordinary month"),
    Month("vacation: three weeks without labels", away_days=21),
    Month("labels come five times later", delay_days=5 * MEDIAN_DELAY_DAYS),
    Month("two patients a day take consent back", withdrawals_a_day=2),
    Month("words drift further", later_words=0.35),
    Month("words drift further still", later_words=0.5),
    Month("an ordinary month", later_words=0.5),
)


def month_of(day: int) -> tuple[Month, int]:
    """The month of a day since go-live, and the number of the day within it; both count from 0."""
    number, within = divmod(day, DAYS_A_MONTH)
    if number >= len(MONTHS):
        number = LEARNABLE_MONTHS + (number - LEARNABLE_MONTHS) % (len(MONTHS) - LEARNABLE_MONTHS)
    return MONTHS[number], within
