"""What services call each other: queues and tasks. They stand in `shared.domain.bells`, so the registry rings too."""

from shared.domain.bells import QUEUE_OF, Queue, TaskName

__all__ = ["QUEUE_OF", "Queue", "TaskName"]
