"""Health: truthful for every part, on the root, below the base, and for neighbours that clients ask."""

from api_service import vitals
from api_service.auth import OPEN
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.show.health import Health, Neighbour, SelfHealing

group = Group()
neighbours = Group("")
ALONE = Rules(own_transactions=True)


@group.get("/health", roles=OPEN, rules=ALONE)
def health(call: Call) -> Reply[Health]:
    """Every part with its state and age; 503 when one that the circle needs is down."""
    found = vitals.taken(call.deps)
    return Reply(found, status=503 if found.status == "down" else 200)


@neighbours.get("/health", roles=OPEN, rules=ALONE)
def root_health(call: Call) -> Reply[Health]:
    """The same on the root."""
    return health(call)


@neighbours.get("/api/phase-5c/health", roles=OPEN, rules=ALONE)
def image_health(call: Call) -> Reply[Neighbour]:
    """Image models: trained by the workers and served by the model server, whose state this is."""
    state = vitals.part(vitals.taken(call.deps), "model-server").state
    message = f"the model server for image models is {state}"
    found = {"medsam_finetuning": True, "dice_and_iou": True}
    status = "healthy" if state == "ok" else "down"
    return Reply(_neighbour(status, message, found), status=200 if state == "ok" else 503)


@neighbours.get("/api/phase-6/health", roles=OPEN, rules=ALONE)
def language_health(call: Call) -> Reply[Neighbour]:
    """Local text models: served by the model server, whose state this is."""
    state = vitals.part(vitals.taken(call.deps), "model-server").state
    message = f"the model server for text models is {state}"
    found = {"text_classifier": True, "causal_lm": True}
    status = "healthy" if state == "ok" else "down"
    return Reply(_neighbour(status, message, found), status=200 if state == "ok" else 503)


@neighbours.get("/api/self-healing/status", roles=OPEN, rules=ALONE)
def recovery(call: Call) -> Reply[SelfHealing]:
    """What recovers by itself, whether that is on watch, and what it did of late."""
    found = vitals.taken(call.deps)
    states = {name: vitals.part(found, name).state == "ok" for name in ("relay", "worker-deploy")}
    healthy = all(states.values())
    capabilities = {
        "lost_jobs_are_requeued": states["relay"],
        "lost_doorbells_are_rung_again": states["relay"],
        "bad_models_are_rolled_back": states["worker-deploy"],
    }
    message = "recovery is on watch" if healthy else "a part that recovers others is down"
    answer = _neighbour("healthy" if healthy else "down", message, capabilities)
    lately, told = vitals.recoveries_of(call.deps)
    shown = SelfHealing(**dict(answer), recoveries_in_24_hours=lately, recoveries=told)
    return Reply(shown, status=200 if healthy else 503)


def _neighbour(status: str, message: str, capabilities: dict[str, bool]) -> Neighbour:
    return Neighbour(status=status, message=message, service="rounds", capabilities=capabilities)
