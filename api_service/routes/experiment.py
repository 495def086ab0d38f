"""A comparison in service: begun, held, taken a step further by two people, and its course step by step."""

from pydantic import Field

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.parse import Body, DeployWish, Name, Sentence, TypeQuery
from api_service.routes.release import MAY_ROLL_BACK, deploy
from api_service.show.ab_test import Split
from api_service.show.experiment import Course, StepAsked, TestStarted
from api_service.show.shape import Message, link
from shared.errors import ConflictError
from shared.registry import challenge_steps, models, plans, policies, steering

group = Group()
STEPS_MOST = 1000


class CourseQuery(TypeQuery):
    """How many of the newest steps."""

    limit: int = Field(400, ge=1, le=STEPS_MOST)


class TestWish(Body):
    """`POST /models/ab-test`: who is live, and who is to be compared with it."""

    model_a: Name
    model_b: Name


class HoldWish(Body):
    """`POST /models/{version}/hold`: hold the ramp, or with `held` false let it go on."""

    held: bool = True
    reason: Sentence


class StepWish(Body):
    """`POST /models/{version}/promote`: why it should go further without waiting for the evidence."""

    reason: Sentence


@group.post("/models/ab-test", roles=frozenset({Role.APPROVER}), rules=Rules(status=202))
def start(call: Call, wish: TestWish) -> Reply[TestStarted]:
    """Ask for a comparison: the same road as a deployment, with the policy's ramp and no share of its own."""
    version = models.by_name(call.session, wish.model_b)
    plan = plans.current(call.session, version.model_type)
    if plan is None or plan.champion.name != wish.model_a:
        raise ConflictError(
            f"{wish.model_a} is not live", field="model_a", fix="compare with the version of /models/current"
        )
    asked = deploy(call, DeployWish(model_type=version.model_type, model_version=version.name))
    answer = TestStarted(
        status=asked.body.status,
        message=asked.body.message,
        model_a=wish.model_a,
        model_b=version.name,
        traffic_split=Split(model_a=100.0, model_b=0.0),
        started_at=call.now,
    )
    return Reply(answer, headers={"Location": link("models", "ab-test")})


@group.post("/models/{model_version}/hold", roles=MAY_ROLL_BACK)
def hold(call: Call, model_version: str, wish: HoldWish) -> Message:
    """Hold the ramp of the version that is compared, or let it go on; counting and rollback never stop."""
    version = models.by_name(call.session, model_version)
    changed = steering.hold(
        call.session, version, on=wish.held, reason=wish.reason, actor=call.caller.name, now=call.now
    )
    status, verb = ("held", "is held") if wish.held else ("running", "goes on")
    already = "" if changed else " already"
    return Message(status=status, message=f"the ramp of {version.name} {verb}{already}")


@group.post(
    "/models/{model_version}/promote",
    roles=frozenset({Role.OPERATOR, Role.APPROVER}),
    rules=Rules(status=202),
)
def promote(call: Call, model_version: str, wish: StepWish) -> Reply[StepAsked]:
    """Ask for the next step of the ramp, from its last one the champion's place; a second person agrees."""
    version = models.by_name(call.session, model_version)
    asked = steering.ask(call.session, version, reason=wish.reason, maker=call.caller.name, now=call.now)
    answer = StepAsked(
        status=asked.state,
        message=f"{version.name} goes one step further when a second person agrees and no harm is suspected",
        approval_id=asked.id,
        model_version=version.name,
    )
    return Reply(answer, headers={"Location": link("models", "ab-test")})


@group.get("/models/ab-test/steps", roles=READERS)
def course(call: Call, query: CourseQuery) -> Course:
    """What the engine knew at each step of the running comparison, or of the last one, oldest first."""
    models.model_type(call.session, query.model_type)
    found = challenge_steps.steps(call.session, query.model_type, limit=query.limit)
    return Course.of(query.model_type, policies.current(call.session)[1], found)
