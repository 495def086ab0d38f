"""The Celery app: a doorbell, never a ledger. The row is the job; a message carries one id, may be lost."""

from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection
from kombu import Queue as Wire

from shared.broker.names import QUEUE_OF, Queue
from shared.config import load_settings

CELERY_SETTINGS: dict[str, Any] = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "result_backend": None,
    "task_acks_late": False,  # the row is the acknowledgement
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    "task_reject_on_worker_lost": False,  # one recovery mechanism only: lease and reaper
    "task_retry_on_worker_lost": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,  # a broker blip must not stop a training
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_pool_limit": 4,
    "broker_transport_options": {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "visibility_timeout": 600,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "queue_order_strategy": "priority",
    },
    "worker_soft_shutdown_timeout": 25,
    "worker_enable_soft_shutdown_on_idle": True,
    "worker_pool": "prefork",
    "worker_proc_alive_timeout": 30,
    "worker_eta_task_limit": 100,  # and no eta anywhere: `run_after` is a column
    "task_soft_time_limit": 240,
    "task_time_limit": 300,
    "task_track_started": True,
    "worker_send_task_events": True,
    "task_send_sent_event": True,
    "event_queue_ttl": 5,
    "event_queue_expires": 60,
    "enable_utc": True,
    "timezone": "UTC",  # each schedule row has a zone of its own
    "beat_max_loop_interval": 2,
    "beat_enable_remote_control": True,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "task_queues": [Wire(queue.value, routing_key=queue.value) for queue in Queue],
    "task_create_missing_queues": False,
    "task_default_queue": Queue.COLLECT.value,
    "task_routes": {name.value: {"queue": queue.value} for name, queue in QUEUE_OF.items()},
}

RETRY_SECONDS = 0.5


class _NearbyBroker(Connection):
    """A broker that is away is asked again twice a second, however long it was away already.

    Celery's own waits grow to half a minute, and so long after its return nobody would hear a doorbell.
    """

    def ensure_connection(self, *args: Any, **retries: Any) -> Any:  # noqa: ANN401 - as kombu has it
        """This connection, once it stands; `retries` as kombu takes them, but for how long it waits."""
        flat = {"interval_start": RETRY_SECONDS, "interval_step": 0, "interval_max": RETRY_SECONDS}
        return super().ensure_connection(*args, **retries | flat)


class _Wires(AMQP):
    Connection = _NearbyBroker


app = Celery("rounds", amqp=_Wires, set_as_current=False)
app.add_defaults(lambda: CELERY_SETTINGS | {"broker_url": load_settings().broker})
