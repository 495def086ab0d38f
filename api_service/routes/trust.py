"""Who may validate, and what words mean: both kept by the site."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group
from api_service.parse import Body, Name, TypeQuery
from api_service.show.review import LabelShown, Learnt, ValidatorShown
from shared.domain.bells import TaskName
from shared.domain.labels import Entry
from shared.errors import NotFoundError
from shared.registry import labels, models, outbox, reviews, validators
from shared.registry.labels import Meaning
from shared.registry.tables import Validator
from shared.registry.validators import Change, Staff

group = Group()
KEEPERS = frozenset({Role.STEWARD, Role.ADMIN})
Alias = Annotated[str, Field(min_length=1, max_length=200)]


class ValidatorWish(Body):
    """`POST /validators`: somebody whose diagnoses may become labels."""

    name: Alias
    aliases: list[Alias] = Field(default_factory=list, max_length=50)
    role: str = Field("doctor", min_length=1, max_length=60)
    qualified: bool = True
    active: bool = True


class ValidatorChange(Body):
    """`POST /validators/{id}`: what is otherwise from now on."""

    role: str | None = Field(None, min_length=1, max_length=60)
    qualified: bool | None = None
    active: bool | None = None
    aliases: list[Alias] = Field(default_factory=list, max_length=50)


class MeaningWish(Body):
    """`POST /labels/map`: words that mean a label; `create` makes the label where there is none."""

    model_type: Name = "diagnosis"
    words: str = Field(min_length=1, max_length=300)
    label: str = Field(min_length=1, max_length=300)
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")
    code: str | None = Field(None, min_length=1, max_length=40)
    create: bool = False


@group.get("/validators", roles=READERS)
def list_validators(call: Call) -> list[ValidatorShown]:
    """Who may validate, with what was found about their cases."""
    rows = validators.every(call.session)
    found = reviews.findings(call.session, [row.id for row in rows])
    return [ValidatorShown.of(row, found) for row in rows]


@group.post("/validators", roles=KEEPERS | {Role.SERVICE})
def add_validator(call: Call, wish: ValidatorWish) -> ValidatorShown:
    """Register somebody; cases that waited for this signature are judged again."""
    staff = Staff(wish.name, (wish.name, *wish.aliases), wish.role.casefold(), wish.qualified, wish.active)
    vault = call.deps.vault
    row = validators.add(call.session, staff, now=call.now, actor=call.caller.name, vault=vault)
    _judge_again(call)
    return ValidatorShown.of(row, [])


@group.post("/validators/{validator_id}", roles=KEEPERS | {Role.SERVICE})
def change_validator(call: Call, validator_id: UUID, wish: ValidatorChange) -> ValidatorShown:
    """Change who somebody is from now on; what depends on it is judged again."""
    row = call.session.get(Validator, validator_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"there is no validator {validator_id}", field="validator_id")
    wanted = Change(wish.role, wish.qualified, wish.active, tuple(wish.aliases))
    validators.change(call.session, row, wanted, vault=call.deps.vault, now=call.now, actor=call.caller.name)
    _judge_again(call)
    return ValidatorShown.of(row, reviews.findings(call.session, [row.id]))


@group.get("/labels", roles=READERS)
def list_labels(call: Call, query: TypeQuery) -> list[LabelShown]:
    """The label space of a model type, as the site keeps it."""
    models.model_type(call.session, query.model_type)
    return [LabelShown.of(row) for row in labels.rows(call.session, query.model_type)]


@group.post("/labels/map", roles=KEEPERS)
def map_words(call: Call, wish: MeaningWish) -> Learnt:
    """Let words mean a label from now on; waiting cases that are called so are judged again."""
    models.model_type(call.session, wish.model_type)
    n = labels.learn(
        call.session,
        wish.model_type,
        Meaning(wish.words, wish.label, wish.language, wish.code),
        vault=call.deps.vault,
        now=call.now,
        actor=call.caller.name,
        make=Entry(wish.label) if wish.create else None,
    )
    _judge_again(call, wish.model_type)
    return Learnt(
        status="learnt", message=f"{n} waiting cases are judged again", label=wish.label, judged_again=n
    )


def _judge_again(call: Call, model_type: str = "diagnosis") -> None:
    outbox.ring(call.session, TaskName.JUDGE_AGAIN, models.model_type(call.session, model_type).id)
