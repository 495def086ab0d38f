"""The doorbells of the deployer: one id each."""

from uuid import UUID

from deployer_service import alerts, evaluate, look
from deployer_service.deps import process_deps
from shared.broker.answer import task
from shared.broker.names import TaskName


@task(TaskName.JUDGE_VERSION)
def judge_version(version_id: str) -> None:
    """Evaluate one trained version and let the gate decide."""
    evaluate.judge_version(UUID(version_id), process_deps())


@task(TaskName.LOOK)
def look_at(model_type_id: str) -> None:
    """Bring one model type up to date with its facts."""
    look.look(UUID(model_type_id), process_deps())


@task(TaskName.DELIVER)
def deliver(delivery_id: str) -> None:
    """Send one alert to one address."""
    alerts.deliver(UUID(delivery_id), process_deps())
