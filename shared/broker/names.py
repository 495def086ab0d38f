"""What services call each other. The names stand in `shared.domain.bells`, so that the registry may ring them."""

from shared.domain.bells import QUEUE_OF, Queue, TaskName

__all__ = ["QUEUE_OF", "Queue", "TaskName"]
