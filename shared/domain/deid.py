"""What de-identification leaves and what it puts in: one object, kept with every report."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.errors import InvalidInputError


class Dates(StrEnum):
    """What becomes of the dates of a person."""

    SAFE_HARBOR = "safe_harbor"  # the year alone stays, 45 CFR 164.514(b)(2)
    EXPERT_SHIFT = "expert_shift"  # moved by the person's own days, lawful under (b)(1) only


class PolicyNotDeterminedError(InvalidInputError):
    """Dates may be shifted only where an expert has determined that this is safe, 45 CFR 164.514(b)(1)."""

    code = "deid_not_determined"


class DeidPolicy(BaseModel):
    """The rules of one site.

    Source: 45 CFR 164.514(b); the three digits of a ZIP code stay but for the areas of HHS's list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dates: Dates = Field(Dates.SAFE_HARBOR, description="safe_harbor or expert_shift")
    determined_by: str = Field("", description="the expert who determined that shifting dates is safe")
    determined_on: date | None = Field(None, description="the day of that determination")
    zip_digits: int = Field(3, description="digits of a ZIP code that stay: 3 or 0", ge=0, le=3)
    facilities: str = Field("kind", pattern="^(kind|removed)$", description="institutions: kind or removed")
    clinicians: str = Field("name", pattern="^(name|kind)$", description="clinicians: name or kind")
    replace: str = Field("labels", pattern="^(labels|surrogates)$", description="labels or surrogates")
    tagger: bool = Field(
        default=True, description="whether the trained tagger reads along; rules alone are faster"
    )

    @model_validator(mode="after")
    def _is_determined(self) -> Self:
        if self.dates is Dates.EXPERT_SHIFT and not (self.determined_by.strip() and self.determined_on):
            raise PolicyNotDeterminedError(
                "dates are shifted only on an expert's determination, and none is named",
                field="deid",
                fix="say determined_by and determined_on, or keep safe_harbor",
            )
        if self.zip_digits not in (0, 3):
            raise InvalidInputError("a ZIP code keeps three digits or none", field="deid", fix="0 or 3")
        return self

    @property
    def name(self) -> str:
        """The policy in a word for a report: what was done to dates, and by what the rest was replaced."""
        return self.dates.value if self.replace == "labels" else f"{self.dates.value}+{self.replace}"


SAFE_HARBOR = DeidPolicy()
