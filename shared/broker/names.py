"""What services call each other: queues and tasks, defined where the registry may ring them too."""

from shared.domain.bells import QUEUE_OF, Queue, TaskName

__all__ = ["QUEUE_OF", "Queue", "TaskName"]
