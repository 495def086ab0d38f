"""What every shape shares: the base, percentages, estimates with n and interval, links."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from api_service.endpoint import API_BASE


class Shape(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Message(Shape):
    """What was done, in a sentence."""

    status: str
    message: str


class Estimate(Shape):
    """A measured figure in percent with how many it rests on and its 95 % interval."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None


def percent(share: float | None) -> float | None:
    """A share as a percentage with two places; nothing stays nothing."""
    return None if share is None else round(100 * share, 2)


def percent_or_zero(share: float | None) -> float:
    """A share as a percentage for clients that cannot take null: nothing counts as 0."""
    return round(100 * (share or 0.0), 2)


def estimate(share: float, n: int, interval: Sequence[float] | None) -> Estimate:
    """A share as an estimate in percent."""
    low, high = interval if interval else (None, None)
    return Estimate(value=percent_or_zero(share), n=n, low=percent(low), high=percent(high))


def link(*parts: str | UUID) -> str:
    """An address below the API's base."""
    return "/".join([API_BASE, *(str(part) for part in parts)])


def counts(found: Mapping[str, object], name: str) -> dict[str, int]:
    """A part of a stored count by reason, empty when there is none."""
    part = found.get(name)
    return {str(key): int(value) for key, value in part.items()} if isinstance(part, Mapping) else {}
