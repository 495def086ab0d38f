"""Logs: one JSON line an event, a constant message with values as fields; ids only, never patient data."""

import logging
import sys

import structlog


def set_up_logs(process: str, *, level: str = "INFO") -> None:
    """Send structured lines of this process to standard error, the standard library's loggers too."""
    logging.basicConfig(stream=sys.stderr, level=level, format="%(message)s", force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # each look at the schema would be told twice
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(process=process)


log: structlog.stdlib.BoundLogger = structlog.get_logger()
