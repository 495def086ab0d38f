"""Who serves: deploy, activate, roll back, and what was live when."""

from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from api_service import once
from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.errors import is_away
from api_service.filing import Order
from api_service.parse import ActivateWish, DeployWish, RollbackWish, TypeQuery
from api_service.plan_cache import DATABASE_ERRORS
from api_service.show.release import Deployed, LiveThenShown, PlanShown, RolledBack
from api_service.show.shape import link
from shared.domain import transitions
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.logs import log
from shared.registry import deployments, models, plans, policies, time_machine
from shared.registry.releases import Cause
from shared.registry.tables import Approval, ModelVersion

group = Group()
MAY_ROLL_BACK = frozenset({Role.CLINICIAN, Role.OPERATOR, Role.APPROVER})


class PlansQuery(TypeQuery):
    """The plan in force at an instant; without one, the newest plans."""

    at: AwareDatetime | None = None


class LiveQuery(TypeQuery):
    """An instant; now where none is given."""

    at: AwareDatetime | None = None


@group.post("/models/deploy", roles=frozenset({Role.APPROVER}), rules=Rules(status=202))
def deploy(call: Call, wish: DeployWish) -> Reply[Deployed]:
    """Ask for a version's challenge; refused with every rule that speaks against it."""
    version = models.by_name(call.session, wish.model_version)
    if version.model_type != wish.model_type:
        raise InvalidInputError(f"{version.name} is of {version.model_type}", field="model_version")
    first_step = 100 * policies.current(call.session)[1].ramp[0]
    if wish.percent is not None and wish.percent != first_step:
        raise InvalidInputError(
            f"the policy starts a canary at {first_step:g} percent",
            field="percent",
            fix="leave it out, or propose a policy",
        )
    if wish.approval_id is not None:
        _check_approval(call.session, wish.approval_id, version)
    cause = Cause(call.caller.name, wish.reason or "asked for by a person", call.now)
    row = deployments.deploy(call.session, version, strategy=wish.strategy, cause=cause)
    return _asked(row.id, version.name, plan=plans.current(call.session, wish.model_type))


@group.post("/models/{model_version}/activate", roles=frozenset({Role.APPROVER}), rules=Rules(status=202))
def activate(call: Call, model_version: str, wish: ActivateWish) -> Reply[Deployed]:
    """The same road as a deployment, under the name that older clients use."""
    version = models.by_name(call.session, model_version)
    asked = DeployWish(model_type=version.model_type, model_version=version.name, reason=wish.reason)
    return deploy(call, asked)


@group.post("/models/rollback", roles=MAY_ROLL_BACK, rules=Rules(own_transactions=True))
def rollback(call: Call, wish: RollbackWish) -> Reply[RolledBack]:
    """Go back at once, also with the database away; then it is recorded when that is back."""
    try:
        answer = _recorded(call, wish)
    except DATABASE_ERRORS as error:
        if not is_away(error):
            raise
        return Reply(_ordered(call, wish), status=202)
    try:
        call.deps.router.cache.refresh()
    except DATABASE_ERRORS as error:
        log.warning("the router will hear of the rollback by notice", error=type(error).__name__)
    return Reply(answer)


@group.get("/plans", roles=READERS)
def list_plans(call: Call, query: PlansQuery) -> list[PlanShown]:
    """What was live at an instant, as an array of one or none; without `at` the newest plans."""
    models.model_type(call.session, query.model_type)
    if query.at is None:
        return [PlanShown.of(plan) for plan in plans.history(call.session, query.model_type)]
    plan = plans.at(call.session, query.model_type, query.at)
    return [PlanShown.of(plan)] if plan else []


@group.get("/plans/live", roles=READERS)
def live_then(call: Call, query: LiveQuery) -> LiveThenShown:
    """What was live at an instant (now, without one), why, by whose approval, and who was answered by it."""
    models.model_type(call.session, query.model_type)
    instant = query.at or call.now
    then = time_machine.live_at(call.session, query.model_type, instant)
    if then is None:
        raise NotFoundError(f"nothing of {query.model_type} was live then", field="at")
    return LiveThenShown.of(then, instant)


def _check_approval(session: Session, approval_id: UUID, version: ModelVersion) -> None:
    row = session.get(Approval, approval_id)
    if row is None or row.subject_id != version.id or row.state != "approved":
        raise ConflictError(
            f"approval {approval_id} does not approve {version.name}",
            field="approval_id",
            fix="ask a second person, or leave it out",
        )


def _recorded(call: Call, wish: RollbackWish) -> RolledBack:
    cause = Cause(call.caller.name, wish.reason, call.now)
    with once.transaction(call) as session:
        done = deployments.rollback_by_person(session, wish.model_type, wish.to_version, cause=cause)
        answer = RolledBack(
            status="rolled_back",
            message=f"{done.to_version} serves everybody; {done.from_version} is out",
            from_version=done.from_version,
            to_version=done.to_version,
            plan_version=done.plan_number,
            effective_at=done.effective_at,
        )
        once.keep(call, session, status=200, body=answer.model_dump_json().encode())
    return answer


def _ordered(call: Call, wish: RollbackWish) -> RolledBack:
    before = call.deps.router.cache.held(wish.model_type).plan
    order = Order(
        model_type=wish.model_type,
        leaving=transitions.leaving(before.names, wish.to_version),
        to_version=wish.to_version,
        actor=call.caller.name,
        reason=wish.reason,
        at=call.now,
    )
    after = call.deps.filing.order(order)
    return RolledBack(
        status="rolled_back",
        message=f"{after.champion.name} serves everybody; the record follows when the database is back",
        from_version=order.leaving,
        to_version=after.champion.name,
        plan_version=None,
        effective_at=call.now,
    )


def _asked(deployment_id: UUID, name: str, *, plan: plans.Plan | None) -> Reply[Deployed]:
    answer = Deployed(
        status="accepted",
        message=f"{name} will be compared in service as soon as the challenger's place is free",
        deployment_id=deployment_id,
        plan_version=plan.number if plan else None,
        model_version=name,
        links={"progress": link("models", "ab-test"), "plans": link("plans")},
    )
    return Reply(answer, headers={"Location": answer.links["progress"]})
