"""What callers may send: every body and query string as a model that refuses what it does not know."""

import json
from datetime import date, time
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from flask import Request
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from api_service.errors import BrokenBodyError
from api_service.files import File
from shared.domain import bands
from shared.errors import InvalidInputError

Wish = TypeVar("Wish", bound=BaseModel)
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]*$")]
Opaque = Annotated[str, Field(min_length=1, max_length=200)]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=100_000)]
Percent = Annotated[float, Field(ge=0, le=100)]
PAGE_MOST = 200
NO_BODY_BYTES = 1024


class Body(BaseModel):
    """A request: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Subgroup(Body):
    """Bands only; nothing that tells who it is."""

    age_band: str | None = Field(None, max_length=20)
    sex: str | None = Field(None, max_length=20)
    site: str | None = Field(None, max_length=40)

    def known(self) -> dict[str, str]:
        """The bands that were given, without what could name somebody."""
        return bands.kept(self.model_dump(exclude_none=True))


class CollectWish(Body):
    """`POST /cases/collect`; without a source every enabled one is collected."""

    start_date: date | None = None
    end_date: date | None = None
    limit: int | None = Field(None, ge=1, le=1000)
    min_confidence: Percent | None = None
    source: Name | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> "CollectWish":
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValueError("end_date is before start_date")
        return self


class CaseVerdict(Body):
    """`POST /cases/{id}/validate`: a clinician's word on a case."""

    status: Literal["validated", "rejected"]
    diagnosis: str | None = Field(None, min_length=1, max_length=300)


class TrainingWish(Body):
    """`POST /training/start`; the recipe names only what differs from the family's defaults."""

    model_type: Name = "diagnosis"
    base_model: str | None = Field(None, min_length=1, max_length=300)
    dataset_version: Name | None = None
    hyperparameters: dict[Name, str | int | float | bool] = Field(default_factory=dict, max_length=50)
    priority: int = Field(100, ge=0, le=1000)
    seed: int = Field(0, ge=0, lt=2**31)
    auto_deploy: bool = True


class ScheduleWish(Body):
    """`POST /training/schedule`: a cron line, or a weekday with a time, or a count of new cases."""

    model_type: Name = "diagnosis"
    cron: str | None = Field(None, max_length=100)
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    at: time | None = Field(None, alias="time")
    timezone: str | None = Field(None, max_length=60)
    after_new_cases: int | None = Field(None, ge=1, le=1_000_000)
    quiet_hours: str | None = Field(None, pattern=r"^\d\d:\d\d-\d\d:\d\d$")
    enabled: bool = True

    @model_validator(mode="after")
    def _one_way_to_say_when(self) -> "ScheduleWish":
        if self.cron and (self.weekday or self.at):
            raise ValueError("give cron, or weekday and time, not both")
        if (self.weekday is None) != (self.at is None):
            raise ValueError("weekday and time go together")
        return self

    def cron_line(self) -> str | None:
        """The cron line that was meant, or None for the schedule's own."""
        if self.weekday and self.at:
            days = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
            return f"{self.at.minute} {self.at.hour} * * {days.index(self.weekday)}"
        return self.cron


class DeployWish(Body):
    """`POST /models/deploy`; `percent` is where the canary starts, which the policy fixes."""

    model_type: Name = "diagnosis"
    model_version: Name
    strategy: Literal["canary", "blue_green", "shadow"] = "canary"
    percent: Percent | None = None
    approval_id: UUID | None = None
    reason: Sentence | None = None


class ActivateWish(Body):
    """`POST /models/{version}/activate`: the same road as a deployment."""

    reason: Sentence | None = None


class ApprovalWish(Body):
    """`POST /approvals`: a second person's yes or no."""

    approval_id: UUID
    approve: bool
    reason: Sentence


class PolicyWish(Body):
    """`POST /policies`: by field what it should be; a dotted name reaches into an object."""

    changes: dict[str, bool | float | str | list[float]] = Field(min_length=1, max_length=100)
    reason: Sentence


class RollbackWish(Body):
    """`POST /models/rollback`; without a version the warm standby comes back."""

    model_type: Name = "diagnosis"
    to_version: Name | None = None
    reason: Sentence = "asked for by a person"


class PredictWish(Body):
    """`POST /predict`: one encounter's text or image; person and encounter are opaque ids of the caller.

    An image may come without them; it is then nobody's, and no answer to another one is known to be the same
    person's.
    """

    model_type: Name = "diagnosis"
    person: Opaque | None = None
    encounter: Opaque | None = None
    text: Text | None = None
    image: File | None = None
    box: tuple[float, float, float, float] | None = None
    subgroup: Subgroup = Subgroup()

    @model_validator(mode="after")
    def _one_input(self) -> "PredictWish":
        if (self.text is None) == (self.image is None):
            raise ValueError("give either text or image")
        return self


class FeedbackWish(Body):
    """`POST /predictions/{id}/feedback`: the validated answer, of a picture its right mask in base64."""

    diagnosis: str | None = Field(None, min_length=1, max_length=300)
    mask: File | None = None
    validated_by: Opaque
    validated_at: AwareDatetime
    blind: bool = False


class PageQuery(Body):
    """A page of a list: `cursor` is the last page's `Link: rel=next`."""

    limit: int = Field(50, ge=1, le=PAGE_MOST)
    cursor: str | None = Field(None, max_length=200)


class TypeQuery(Body):
    """One model type."""

    model_type: Name = "diagnosis"


def read_body(request: Request, model: type[Wish], *, limit: int) -> Wish:
    """The body as its model.

    Raises:
        BrokenBodyError: it is no JSON, or one key stands twice in an object.
        InvalidInputError: a field is wrong; the error names the first one and never repeats its value.
    """
    raw = bytes_of(request, limit)
    if not raw.strip():
        raw = b"{}"
    elif not request.is_json:
        raise UnsupportedMediaType("the body must be application/json")
    if b"\\u0000" in raw:
        raise InvalidInputError("the body holds a NUL character", field="body", fix="remove it")
    try:
        loaded = _READER.decode(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            raise BrokenBodyError(f"the body is no JSON: {error.msg} at byte {error.pos}") from None
        reason = str(error) if isinstance(error, _JsonRuleError) else "it cannot be read"
        raise BrokenBodyError(f"the body is no JSON that can be used: {reason}") from None
    return validated(model, loaded)


def read_query(request: Request, model: type[Wish]) -> Wish:
    """The query string as its model; a parameter that stands twice is refused."""
    doubled = [name for name, values in request.args.lists() if len(values) > 1]
    if doubled:
        raise InvalidInputError("a query parameter stands twice", field=doubled[0], fix="give it once")
    return validated(model, request.args.to_dict())


def validated(model: type[Wish], value: object) -> Wish:
    """The value as `model`.

    Raises:
        InvalidInputError: naming the first field that is wrong and the rule, without the value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"] if not str(part).startswith("list["))
        rule = first["msg"].removeprefix("Value error, ")
        raise InvalidInputError(
            f"{place or 'the request'}: {rule[0].lower()}{rule[1:]}", field=place or None, fix=rule
        ) from None


class _JsonRuleError(ValueError):
    """JSON that parses and yet cannot be used."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _JsonRuleError("one key stands twice in an object")
    return found


def _refuse_constant(name: str) -> float:
    raise _JsonRuleError(f"{name} is no JSON number")


_READER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def bytes_of(request: Request, limit: int) -> bytes:
    """The body, if it is not longer than `limit` bytes."""
    request.max_content_length = limit
    try:
        return request.get_data(cache=True)
    except RequestEntityTooLarge:
        raise RequestEntityTooLarge(f"the body is larger than {limit} bytes") from None
