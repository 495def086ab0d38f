"""Registry: every table of the first form."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("fences")))
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_alerts_severity")),
        sa.CheckConstraint("state IN ('open', 'acknowledged', 'resolved')", name=op.f("ck_alerts_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "one_open_alert",
        "alerts",
        ["dedup_key"],
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("checker", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused')", name=op.f("ck_approvals_state")),
        sa.CheckConstraint("checker IS NULL OR checker <> maker", name=op.f("ck_approvals_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_events")),
    )
    op.create_index(op.f("ix_audit_events_at"), "audit_events", ["at"], unique=False)
    op.create_index(
        op.f("ix_audit_events_subject_kind_subject_id"),
        "audit_events",
        ["subject_kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "base_models",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_base_models")),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "model_types",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("release_mode", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "family IN ('text_classifier', 'causal_lm', 'segmentation')", name=op.f("ck_model_types_family")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_types")),
        sa.UniqueConstraint("name", name=op.f("uq_model_types_name")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("task", "subject", name=op.f("uq_outbox_task_subject")),
    )
    op.create_table(
        "parts",
        sa.Column("incarnation", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_parts")),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("subgroup", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("split IN ('training', 'evaluation')", name=op.f("ck_persons_split")),
        sa.ForeignKeyConstraint(["merged_into"], ["persons.id"], name=op.f("fk_persons_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("key", name=op.f("uq_persons_key")),
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "site_switches",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_switches")),
    )
    op.create_table(
        "consents",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('given', 'withdrawn')", name=op.f("ck_consents_state")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_consents_person_id")),
        sa.PrimaryKeyConstraint("person_id", "scope", name=op.f("pk_consents")),
    )
    op.create_table(
        "dataset_versions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("manifest_key", sa.String(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("preprocessing", postgresql.JSONB(), nullable=False),
        sa.Column("sealed_by", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_dataset_versions_model_type")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["dataset_versions.id"], name=op.f("fk_dataset_versions_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_versions")),
        sa.UniqueConstraint("model_type", "number", name=op.f("uq_dataset_versions_model_type_number")),
        sa.UniqueConstraint("name", name=op.f("uq_dataset_versions_name")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_deliveries_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("alert_id", "channel", name=op.f("uq_deliveries_alert_id_channel")),
    )
    op.create_table(
        "labels",
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("codes", postgresql.JSONB(), nullable=False),
        sa.Column("aliases", postgresql.JSONB(), nullable=False),
        sa.Column("must_not_miss", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["model_type"], ["model_types.name"], name=op.f("fk_labels_model_type")),
        sa.PrimaryKeyConstraint("model_type", "label", name=op.f("pk_labels")),
    )
    op.create_table(
        "person_identities",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_person_identities_person_id")),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_person_identities")),
    )
    op.create_index(op.f("ix_person_identities_person_id"), "person_identities", ["person_id"], unique=False)
    op.create_table(
        "person_links",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["persons.id"], name=op.f("fk_person_links_other_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_person_links_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_links")),
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=True),
        sa.Column("cron", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("after_new_cases", sa.BigInteger(), nullable=True),
        sa.Column("quiet_hours", sa.String(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('collect', 'train', 'look', 'watch')", name=op.f("ck_schedules_kind")),
        sa.ForeignKeyConstraint(["model_type"], ["model_types.name"], name=op.f("fk_schedules_model_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("name", name=op.f("uq_schedules_name")),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("watermark", postgresql.JSONB(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('sql', 'fhir', 'dicom', 'folder', 'push', 'feedback')", name=op.f("ck_sources_kind")
        ),
        sa.ForeignKeyConstraint(["model_type"], ["model_types.name"], name=op.f("fk_sources_model_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_sources_name")),
    )
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("reached", postgresql.JSONB(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_withdrawals_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
    )
    op.create_table(
        "collection_runs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wish", postgresql.JSONB(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("triggered_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=True),
        sa.Column("beat_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="100", nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'leased', 'running', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_collection_runs_state"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_collection_runs_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_runs")),
    )
    op.create_index(op.f("ix_collection_runs_created_at"), "collection_runs", ["created_at"], unique=False)
    op.create_table(
        "evaluation_sets",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("expires_after_uses", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('gate', 'audit', 'safety', 'old_skills')", name=op.f("ck_evaluation_sets_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_version_id"],
            ["dataset_versions.id"],
            name=op.f("fk_evaluation_sets_dataset_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_sets")),
    )
    op.create_table(
        "schedule_fires",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("fire_key", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_fires_schedule_id")
        ),
        sa.PrimaryKeyConstraint("schedule_id", "fire_key", name=op.f("pk_schedule_fires")),
    )
    op.create_table(
        "training_jobs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=True),
        sa.Column("dataset_size", sa.BigInteger(), nullable=True),
        sa.Column("parent_model_version", sa.String(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("recipe", postgresql.JSONB(), nullable=False),
        sa.Column("auto_deploy", sa.Boolean(), nullable=False),
        sa.Column("triggered_by", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("current_epoch", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("checkpoint_key", sa.String(), nullable=True),
        sa.Column("estimated_completion", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=True),
        sa.Column("beat_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="100", nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'leased', 'running', 'checkpointed', 'evaluating', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_training_jobs_state"),
        ),
        sa.CheckConstraint(
            "triggered_by IN ('manual', 'scheduled', 'threshold')", name=op.f("ck_training_jobs_triggered_by")
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_training_jobs_progress_share")),
        sa.ForeignKeyConstraint(
            ["dataset_version_id"], ["dataset_versions.id"], name=op.f("fk_training_jobs_dataset_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_training_jobs_model_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_jobs")),
    )
    op.create_index(
        op.f("ix_training_jobs_created_at_id"), "training_jobs", ["created_at", "id"], unique=False
    )
    op.create_index(
        "ix_training_jobs_open",
        "training_jobs",
        ["priority", "created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "validators",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("aliases", postgresql.JSONB(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_validators_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validators")),
        sa.UniqueConstraint("name", name=op.f("uq_validators_name")),
    )
    op.create_table(
        "gpu_leases",
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["training_jobs.id"], name=op.f("fk_gpu_leases_job_id")),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_gpu_leases")),
    )
    op.create_table(
        "job_attempts",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["training_jobs.id"], name=op.f("fk_job_attempts_job_id")),
        sa.PrimaryKeyConstraint("job_id", "fence", name=op.f("pk_job_attempts")),
    )
    op.create_table(
        "job_metrics",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["training_jobs.id"], name=op.f("fk_job_metrics_job_id")),
        sa.PrimaryKeyConstraint("job_id", "fence", "step", name=op.f("pk_job_metrics")),
    )
    op.create_table(
        "trials",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("objective", sa.Double(), nullable=True),
        sa.Column("pruned_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["training_jobs.id"], name=op.f("fk_trials_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trials")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_trials_job_id_number")),
    )
    op.create_table(
        "validated_cases",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("source_record", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("review_reasons", postgresql.JSONB(), nullable=False),
        sa.Column("input_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("media", postgresql.JSONB(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("diagnosis", sa.String(), nullable=True),
        sa.Column("icd_code", sa.String(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("validated_by", sa.Uuid(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trust_rule", sa.String(), nullable=True),
        sa.Column("curated", sa.Boolean(), nullable=False),
        sa.Column("subgroup", postgresql.JSONB(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("data_quality_score", sa.BigInteger(), nullable=True),
        sa.Column("completeness_score", sa.BigInteger(), nullable=True),
        sa.Column("is_anonymized", sa.Boolean(), nullable=False),
        sa.Column("anonymization_date", sa.Date(), nullable=True),
        sa.Column("used_in_training", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'validated' OR diagnosis IS NOT NULL",
            name=op.f("ck_validated_cases_validated_has_label"),
        ),
        sa.CheckConstraint(
            "state IN ('discovered', 'deidentified', 'checked', 'pending', 'needs_review', 'validated', 'rejected', 'superseded', 'withdrawn')",
            name=op.f("ck_validated_cases_state"),
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_validated_cases_confidence_share")),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_validated_cases_model_type")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_validated_cases_person_id")),
        sa.ForeignKeyConstraint(["run_id"], ["collection_runs.id"], name=op.f("fk_validated_cases_run_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_validated_cases_source_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["validated_cases.id"], name=op.f("fk_validated_cases_superseded_by")
        ),
        sa.ForeignKeyConstraint(
            ["validated_by"], ["validators.id"], name=op.f("fk_validated_cases_validated_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validated_cases")),
        sa.UniqueConstraint(
            "source_id",
            "source_record",
            "version",
            name=op.f("uq_validated_cases_source_id_source_record_version"),
        ),
    )
    op.create_index(
        op.f("ix_validated_cases_content_hash"), "validated_cases", ["content_hash"], unique=False
    )
    op.create_index(
        op.f("ix_validated_cases_created_at_id"), "validated_cases", ["created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_validated_cases_model_type_state"), "validated_cases", ["model_type", "state"], unique=False
    )
    op.create_index(op.f("ix_validated_cases_person_id"), "validated_cases", ["person_id"], unique=False)
    op.create_table(
        "dataset_members",
        sa.Column("dataset_version_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.CheckConstraint("split IN ('training', 'evaluation')", name=op.f("ck_dataset_members_split")),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_dataset_members_weight")),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_dataset_members_case_id")),
        sa.ForeignKeyConstraint(
            ["dataset_version_id"],
            ["dataset_versions.id"],
            name=op.f("fk_dataset_members_dataset_version_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_dataset_members_person_id")),
        sa.PrimaryKeyConstraint("dataset_version_id", "case_id", name=op.f("pk_dataset_members")),
    )
    op.create_index(op.f("ix_dataset_members_case_id"), "dataset_members", ["case_id"], unique=False)
    op.create_index(op.f("ix_dataset_members_person_id"), "dataset_members", ["person_id"], unique=False)
    op.create_table(
        "deid_reports",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("spans", postgresql.JSONB(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('pass', 'quarantine')", name=op.f("ck_deid_reports_verdict")),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_deid_reports_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_deid_reports")),
    )
    op.create_table(
        "model_versions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("base_digest", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("artifact_key", sa.String(), nullable=False),
        sa.Column("labels", postgresql.JSONB(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("tainted", postgresql.JSONB(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('trained', 'gated', 'rejected', 'replay', 'shadow', 'canary_5', 'canary_25', 'canary_50', 'live', 'standby', 'retired', 'rolled_back')",
            name=op.f("ck_model_versions_state"),
        ),
        sa.ForeignKeyConstraint(
            ["dataset_version_id"], ["dataset_versions.id"], name=op.f("fk_model_versions_dataset_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["job_id", "fence"],
            ["job_attempts.job_id", "job_attempts.fence"],
            name=op.f("fk_model_versions_job_id_fence"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["training_jobs.id"], name=op.f("fk_model_versions_job_id")),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_model_versions_model_type")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["model_versions.id"], name=op.f("fk_model_versions_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_versions")),
        sa.UniqueConstraint("job_id", name=op.f("uq_model_versions_job_id")),
        sa.UniqueConstraint("model_type", "number", name=op.f("uq_model_versions_model_type_number")),
        sa.UniqueConstraint("name", name=op.f("uq_model_versions_name")),
    )
    op.create_index(op.f("ix_model_versions_digest"), "model_versions", ["digest"], unique=False)
    op.create_index(
        "one_challenger",
        "model_versions",
        ["model_type"],
        unique=True,
        postgresql_where=sa.text("state IN ('replay', 'shadow', 'canary_5', 'canary_25', 'canary_50')"),
    )
    op.create_index(
        "one_live_version",
        "model_versions",
        ["model_type"],
        unique=True,
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_index(
        "one_standby",
        "model_versions",
        ["model_type"],
        unique=True,
        postgresql_where=sa.text("state = 'standby'"),
    )
    op.create_table(
        "quality_reports",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("completeness", sa.BigInteger(), nullable=False),
        sa.Column("checks", postgresql.JSONB(), nullable=False),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_quality_reports_case_id")),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["validated_cases.id"], name=op.f("fk_quality_reports_duplicate_of")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_quality_reports")),
    )
    op.create_table(
        "source_records",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_source_records_case_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_records_source_id")),
        sa.PrimaryKeyConstraint("source_id", "natural_key", name=op.f("pk_source_records")),
    )
    op.create_table(
        "validations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("validator", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("diagnosis", sa.String(), nullable=True),
        sa.Column("saw_model_answer", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('confirm', 'amend', 'reject', 'second_read', 'adjudicate')",
            name=op.f("ck_validations_kind"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_validations_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validations")),
    )
    op.create_index(op.f("ix_validations_case_id"), "validations", ["case_id"], unique=False)
    op.create_table(
        "deployments",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("stages", postgresql.JSONB(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_deployments_model_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
    )
    op.create_index(
        op.f("ix_deployments_model_version_id"), "deployments", ["model_version_id"], unique=False
    )
    op.create_table(
        "evidence_records",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("transition", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_evidence_records_model_version_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evidence_records")),
    )
    op.create_index(op.f("ix_evidence_records_model_type"), "evidence_records", ["model_type"], unique=False)
    op.create_table(
        "gate_decisions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("against_id", sa.Uuid(), nullable=True),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(), nullable=False),
        sa.Column("inputs_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('pass', 'fail', 'inconclusive')", name=op.f("ck_gate_decisions_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["against_id"], ["model_versions.id"], name=op.f("fk_gate_decisions_against_id")
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_gate_decisions_model_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_decisions")),
    )
    op.create_index(
        op.f("ix_gate_decisions_model_version_id"), "gate_decisions", ["model_version_id"], unique=False
    )
    op.create_table(
        "model_performance",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=False),
        sa.Column("precision", sa.Double(), nullable=False),
        sa.Column("recall", sa.Double(), nullable=False),
        sa.Column("f1_score", sa.Double(), nullable=False),
        sa.Column("dice_score", sa.Double(), nullable=True),
        sa.Column("iou_score", sa.Double(), nullable=True),
        sa.Column("intervals", postgresql.JSONB(), nullable=False),
        sa.Column("per_class", postgresql.JSONB(), nullable=False),
        sa.Column("subgroups", postgresql.JSONB(), nullable=False),
        sa.Column("calibration_error", sa.Double(), nullable=True),
        sa.Column("latency_ms", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('gate', 'audit', 'live', 'training')", name=op.f("ck_model_performance_purpose")
        ),
        sa.CheckConstraint("n > 0", name=op.f("ck_model_performance_measured")),
        sa.ForeignKeyConstraint(
            ["dataset_version_id"],
            ["dataset_versions.id"],
            name=op.f("fk_model_performance_dataset_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_model_performance_model_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_performance")),
    )
    op.create_index(
        op.f("ix_model_performance_model_version_created_at"),
        "model_performance",
        ["model_version", "created_at"],
        unique=False,
    )
    op.create_table(
        "monitor_windows",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n_predicted", sa.BigInteger(), nullable=False),
        sa.Column("n_matured", sa.BigInteger(), nullable=False),
        sa.Column("estimates", postgresql.JSONB(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_monitor_windows_model_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitor_windows")),
        sa.UniqueConstraint(
            "model_version_id",
            "starts_at",
            "computed_at",
            name=op.f("uq_monitor_windows_model_version_id_starts_at_computed_at"),
        ),
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("plan_number", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("encounter", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("top", postgresql.JSONB(), nullable=False),
        sa.Column("abstain", sa.Boolean(), nullable=False),
        sa.Column("subgroup", postgresql.JSONB(), nullable=False),
        sa.Column("audit_probability", sa.Double(), nullable=False),
        sa.Column("in_audit", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("slot IN ('champion', 'challenger')", name=op.f("ck_predictions_slot")),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_predictions_confidence_share")),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_predictions_model_version_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_predictions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
        sa.UniqueConstraint("seq", name=op.f("uq_predictions_seq")),
    )
    op.create_index(op.f("ix_predictions_model_type_seq"), "predictions", ["model_type", "seq"], unique=False)
    op.create_index(op.f("ix_predictions_person_id"), "predictions", ["person_id"], unique=False)
    op.create_table(
        "release_decisions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("cursors", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_release_decisions_model_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_decisions")),
        sa.UniqueConstraint("run", "step", name=op.f("uq_release_decisions_run_step")),
    )
    op.create_index(
        op.f("ix_release_decisions_model_version_id"), "release_decisions", ["model_version_id"], unique=False
    )
    op.create_table(
        "traffic_plans",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("champion_id", sa.Uuid(), nullable=False),
        sa.Column("challenger_id", sa.Uuid(), nullable=True),
        sa.Column("standby_id", sa.Uuid(), nullable=True),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "challenger_id IS NULL OR challenger_id <> champion_id",
            name=op.f("ck_traffic_plans_two_versions"),
        ),
        sa.CheckConstraint(
            "share = 0 OR challenger_id IS NOT NULL", name=op.f("ck_traffic_plans_share_needs_challenger")
        ),
        sa.CheckConstraint("share BETWEEN 0 AND 1", name=op.f("ck_traffic_plans_share")),
        sa.ForeignKeyConstraint(
            ["challenger_id"], ["model_versions.id"], name=op.f("fk_traffic_plans_challenger_id")
        ),
        sa.ForeignKeyConstraint(
            ["champion_id"], ["model_versions.id"], name=op.f("fk_traffic_plans_champion_id")
        ),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_traffic_plans_model_type")
        ),
        sa.ForeignKeyConstraint(
            ["standby_id"], ["model_versions.id"], name=op.f("fk_traffic_plans_standby_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic_plans")),
        sa.UniqueConstraint("model_type", "number", name=op.f("uq_traffic_plans_model_type_number")),
    )
    op.create_table(
        "outcomes",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("validated_by", sa.String(), nullable=False),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('feedback', 'reading', 'audit')", name=op.f("ck_outcomes_kind")),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_outcomes_prediction_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outcomes")),
        sa.UniqueConstraint(
            "prediction_id",
            "validated_by",
            "validated_at",
            "label",
            "kind",
            name=op.f("uq_outcomes_prediction_id_validated_by_validated_at_label_kind"),
        ),
    )
    op.create_index(op.f("ix_outcomes_prediction_id"), "outcomes", ["prediction_id"], unique=False)
    op.create_table(
        "prediction_inputs",
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_prediction_inputs_prediction_id")
        ),
        sa.PrimaryKeyConstraint("prediction_id", name=op.f("pk_prediction_inputs")),
    )
    op.create_index(
        op.f("ix_prediction_inputs_expires_at"), "prediction_inputs", ["expires_at"], unique=False
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("sampling_rate", sa.Double(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("reader", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('disagreement', 'audit')", name=op.f("ck_readings_kind")),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_readings_prediction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        sa.UniqueConstraint("prediction_id", "kind", name=op.f("uq_readings_prediction_id_kind")),
    )
    op.create_index(
        op.f("ix_readings_model_type_answered_at"), "readings", ["model_type", "answered_at"], unique=False
    )
    op.create_table(
        "silent_scores",
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_silent_scores_model_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_silent_scores_prediction_id")
        ),
        sa.PrimaryKeyConstraint("prediction_id", "model_version_id", name=op.f("pk_silent_scores")),
        sa.UniqueConstraint("seq", name=op.f("uq_silent_scores_seq")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("silent_scores")
    op.drop_index(op.f("ix_readings_model_type_answered_at"), table_name="readings")
    op.drop_table("readings")
    op.drop_index(op.f("ix_prediction_inputs_expires_at"), table_name="prediction_inputs")
    op.drop_table("prediction_inputs")
    op.drop_index(op.f("ix_outcomes_prediction_id"), table_name="outcomes")
    op.drop_table("outcomes")
    op.drop_table("traffic_plans")
    op.drop_index(op.f("ix_release_decisions_model_version_id"), table_name="release_decisions")
    op.drop_table("release_decisions")
    op.drop_index(op.f("ix_predictions_person_id"), table_name="predictions")
    op.drop_index(op.f("ix_predictions_model_type_seq"), table_name="predictions")
    op.drop_table("predictions")
    op.drop_table("monitor_windows")
    op.drop_index(op.f("ix_model_performance_model_version_created_at"), table_name="model_performance")
    op.drop_table("model_performance")
    op.drop_index(op.f("ix_gate_decisions_model_version_id"), table_name="gate_decisions")
    op.drop_table("gate_decisions")
    op.drop_index(op.f("ix_evidence_records_model_type"), table_name="evidence_records")
    op.drop_table("evidence_records")
    op.drop_index(op.f("ix_deployments_model_version_id"), table_name="deployments")
    op.drop_table("deployments")
    op.drop_index(op.f("ix_validations_case_id"), table_name="validations")
    op.drop_table("validations")
    op.drop_table("source_records")
    op.drop_table("quality_reports")
    op.drop_index("one_standby", table_name="model_versions", postgresql_where=sa.text("state = 'standby'"))
    op.drop_index("one_live_version", table_name="model_versions", postgresql_where=sa.text("state = 'live'"))
    op.drop_index(
        "one_challenger",
        table_name="model_versions",
        postgresql_where=sa.text("state IN ('replay', 'shadow', 'canary_5', 'canary_25', 'canary_50')"),
    )
    op.drop_index(op.f("ix_model_versions_digest"), table_name="model_versions")
    op.drop_table("model_versions")
    op.drop_table("deid_reports")
    op.drop_index(op.f("ix_dataset_members_person_id"), table_name="dataset_members")
    op.drop_index(op.f("ix_dataset_members_case_id"), table_name="dataset_members")
    op.drop_table("dataset_members")
    op.drop_index(op.f("ix_validated_cases_person_id"), table_name="validated_cases")
    op.drop_index(op.f("ix_validated_cases_model_type_state"), table_name="validated_cases")
    op.drop_index(op.f("ix_validated_cases_created_at_id"), table_name="validated_cases")
    op.drop_index(op.f("ix_validated_cases_content_hash"), table_name="validated_cases")
    op.drop_table("validated_cases")
    op.drop_table("trials")
    op.drop_table("job_metrics")
    op.drop_table("job_attempts")
    op.drop_table("gpu_leases")
    op.drop_table("validators")
    op.drop_index(
        "ix_training_jobs_open", table_name="training_jobs", postgresql_where=sa.text("state = 'queued'")
    )
    op.drop_index(op.f("ix_training_jobs_created_at_id"), table_name="training_jobs")
    op.drop_table("training_jobs")
    op.drop_table("schedule_fires")
    op.drop_table("evaluation_sets")
    op.drop_index(op.f("ix_collection_runs_created_at"), table_name="collection_runs")
    op.drop_table("collection_runs")
    op.drop_table("withdrawals")
    op.drop_table("sources")
    op.drop_table("schedules")
    op.drop_table("person_links")
    op.drop_index(op.f("ix_person_identities_person_id"), table_name="person_identities")
    op.drop_table("person_identities")
    op.drop_table("labels")
    op.drop_table("deliveries")
    op.drop_table("dataset_versions")
    op.drop_table("consents")
    op.drop_table("site_switches")
    op.drop_table("policies")
    op.drop_table("persons")
    op.drop_table("parts")
    op.drop_table("outbox")
    op.drop_table("model_types")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("events")
    op.drop_table("base_models")
    op.drop_index(op.f("ix_audit_events_subject_kind_subject_id"), table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_at"), table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_table("approvals")
    op.drop_table("api_keys")
    op.drop_index("one_open_alert", table_name="alerts", postgresql_where=sa.text("state <> 'resolved'"))
    op.drop_table("alerts")
    op.execute(sa.schema.DropSequence(sa.Sequence("fences")))
