"""Monitoring windows, alerts and their delivery, schedules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.domain.cycle import AlertState
from shared.registry.tables.base import Json, StateText, Table, fresh_id, one_of


class MonitorWindow(Table):
    """Live accuracy of one version over one window of prediction dates, as known at `computed_at`."""

    __tablename__ = "monitor_windows"
    __table_args__ = (UniqueConstraint("model_version_id", "starts_at", "computed_at"),)
    id: Mapped[UUID] = fresh_id()
    model_type: Mapped[str]
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    n_predicted: Mapped[int]
    n_matured: Mapped[int]
    estimates: Mapped[Json]  # {"accuracy": {"value", "low", "high", "n"}, …}
    computed_at: Mapped[datetime]


class Alert(Table):
    """Something a person should know. One open alert a `dedup_key`; the same again raises `seen`."""

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("state", AlertState),
        one_of("severity", ("info", "warning", "critical")),
        Index("one_open_alert", "dedup_key", unique=True, postgresql_where=text("state <> 'resolved'")),
    )
    id: Mapped[UUID] = fresh_id()
    kind: Mapped[str]
    severity: Mapped[str]
    dedup_key: Mapped[str]
    state: Mapped[AlertState] = mapped_column(StateText(AlertState), default=AlertState.OPEN)
    title: Mapped[str]
    body: Mapped[str]  # ids and numbers, nothing identifying
    subject: Mapped[str | None]
    seen: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None]


class Delivery(Table):
    """One alert on its way to one address, with its receipt."""

    __tablename__ = "deliveries"
    __table_args__ = (one_of("state", ("waiting", "sent", "failed")), UniqueConstraint("alert_id", "channel"))
    id: Mapped[UUID] = fresh_id()
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    channel: Mapped[int]  # place in ROUNDS_NOTIFY_URLS; the address itself stays in the settings
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]


class AlertSilence(Table):
    """Until when a cause is not told to anybody; the newest row of a cause counts. Append-only."""

    __tablename__ = "alert_silences"
    __table_args__ = (Index(None, "kind", "created_at"),)
    id: Mapped[UUID] = fresh_id()
    kind: Mapped[str]  # the cause: `alerts.kind`
    until: Mapped[datetime]
    reason: Mapped[str]
    by: Mapped[str]
    created_at: Mapped[datetime]


class Schedule(Table):
    """What runs when: a cron line in a zone, a count of new cases, or both. Editable while it runs."""

    __tablename__ = "schedules"
    __table_args__ = (one_of("kind", ("collect", "train", "look", "watch")),)
    id: Mapped[UUID] = fresh_id()
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    model_type: Mapped[str | None] = mapped_column(ForeignKey("model_types.name"))
    cron: Mapped[str | None]
    timezone: Mapped[str]
    after_new_cases: Mapped[int | None]
    quiet_hours: Mapped[str | None]  # "08:00-18:00"
    enabled: Mapped[bool] = mapped_column(default=True)
    since: Mapped[datetime]  # due times after this one count; moved when the cron line is edited
    created_at: Mapped[datetime]


class ScheduleFire(Table):
    """One fire of one schedule; the primary key makes a second one impossible."""

    __tablename__ = "schedule_fires"
    __table_args__ = (Index(None, "schedule_id", "at"),)
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id"), primary_key=True)
    fire_key: Mapped[str] = mapped_column(primary_key=True)  # the due instant, or the watermark of new cases
    outcome: Mapped[str]  # "started", "skipped: …"
    subject: Mapped[str | None]
    at: Mapped[datetime]
