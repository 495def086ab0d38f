"""Clinical and statistical thresholds with their defaults; every decision names the version it used."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.domain.deid import SAFE_HARBOR, DeidPolicy
from shared.domain.envelope import Envelope


class Policy(BaseModel):
    """One version of the site's thresholds. Shares and drops are 0 to 1, times are site time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_confidence: float = Field(0.80, description="training takes cases above this, where one is known")
    collect_at: str = Field("0 1 * * *", description="cron of the nightly collection")
    train_at: str = Field("0 2 * * 0", description="cron of the weekly training")
    train_after_new_cases: int = Field(200, description="new eligible cases that start a training")
    train_min_cases: int = Field(50, description="fewer new eligible cases never train")
    audit_share: float = Field(0.10, description="predictions drawn into the audit sample")
    evaluation_share: float = Field(0.20, description="persons on the evaluation side, for life")
    train_cooldown_hours: float = Field(
        12.0, ge=0, description="rest between a training and an automatic one"
    )
    train_min_gain: float = Field(
        0.001, ge=0, le=1, description="a forecast that surely gains less starts no automatic training"
    )
    validator_weight_cap: float = Field(
        0.20, description="largest share of the training weight per validator"
    )
    source_weight_cap: float = Field(0.60, description="largest share of the training weight per source")
    week_weight_cap: float = Field(0.40, description="largest share of the training weight per week")
    duplicates_weigh: float = Field(1.0, description="cases that near duplicates weigh together in training")
    replay_share: float = Field(0.10, description="old cases trained again beside new ones, per new case")
    evaluation_uses: int = Field(50, description="uses of a frozen set after which people are warned")
    hard_cases_per_week: int = Field(20, description="hard cases on one clinician's list a week")
    second_read_share: float = Field(0.0, description="validated cases put before a second reader, by lot")
    review_lapsed_validators: bool = Field(
        default=False, description="past cases of a validator who lost qualification or left are read again"
    )
    gate_margin: float = Field(0.02, description="a candidate may not be worse than this on the frozen set")
    gate_class_floor: float = Field(0.15, description="largest fall of one class's recall")
    gate_must_not_miss_floor: float = Field(0.05, description="largest fall of must-not-miss recall")
    gate_subgroup_floor: float = Field(0.10, description="largest fall in one subgroup")
    gate_calibration_floor: float = Field(0.05, description="largest rise of the calibration error")
    gate_forgetting: float = Field(0.01, description="largest share of solved cases that may be lost")
    gate_latency_ratio: float = Field(
        1.5,
        ge=1,
        le=100,
        description="how many times slower than the champion an answer may be, at the middle",
    )
    ramp: tuple[float, ...] = Field((0.05, 0.25, 0.50, 1.0), description="canary weights after shadow")
    rollback_drop: float = Field(0.02, description="drop against the replaced version that rolls back")
    alpha_promote: float = 0.05
    alpha_rollback: float = 0.05
    settle_days: int = 14
    settle_cases: int = 1000
    horizon_days: int = Field(28, description="shadow without evidence for this long ends the challenge")
    adjudication_budget_per_day: int = Field(20, description="blinded readings a day")
    guardrail_subgroup_drop: float = 0.05
    guardrail_must_not_miss_drop: float = 0.10
    guardrail_ece_increase: float = 0.05
    abstain_below: float = Field(0.0, description="answers less sure than this abstain")
    retention_days: int = Field(90, description="how long the input of a prediction is kept, encrypted")
    checkpoint_days: int = Field(7, ge=0, description="how long a failed training's last good state is kept")
    watts_a_core: float = Field(10.0, ge=0, description="power of a busy core, for energy not measured")
    watts_a_gpu: float = Field(300.0, ge=0, description="power of a busy GPU whose driver does not measure")
    price_a_kwh: float | None = Field(None, ge=0, description="of energy; none: money is not known")
    price_a_gpu_hour: float | None = Field(None, ge=0, description="beside the energy; none: none is paid")
    currency: str = Field("EUR", min_length=1, max_length=8, description="of the prices")
    release_mode: str = Field("automatic", pattern="^(automatic|approval)$")
    envelope: Envelope = Field(
        Envelope(), description="what a version may change without a new authorisation"
    )
    deid: DeidPolicy = Field(SAFE_HARBOR, description="what de-identification leaves and puts in")

    @field_validator("deid", mode="before")
    @classmethod
    def _deid_by_name(cls, given: object) -> object:
        """Earlier versions of the policy named the rule for dates alone."""
        return {"dates": given} if isinstance(given, str) else given
