// What the API answers, as far as the pages read it. Each block names its schema in /api/openapi.json,
// against which a test holds it.

/** schema: Problem */
export interface Problem {
  detail: string;
  code: string;
  request_id: string;
  status: number;
  field: string | null;
  fix: string | null;
}

/** schema: SessionShown */
export interface Session {
  name: string;
  roles: string[];
  may: string[];
  now: string;
  until: string;
  events_url: string;
  flower_url: string;
  timezone: string;
  version: string;
}

/** schema: Estimate */
export interface Estimate {
  value: number;
  n: number;
  low: number | null;
  high: number | null;
}

/** schema: Message */
export interface Message {
  status: string;
  message: string;
}

/** schema: PartHealth */
export interface PartHealth {
  name: string;
  state: string;
  needed: boolean;
  age_seconds: number | null;
  count: number | null;
  detail: Record<string, unknown>;
}

/** schema: Health */
export interface Health {
  status: string;
  version: string;
  paused: boolean | null;
  checked_at: string;
  parts: PartHealth[];
  waiting: Record<string, number>;
}

/** schema: Statistics */
export interface Statistics {
  total_cases: number;
  validated_cases: number;
  pending_cases: number;
  anonymized_cases: number;
  used_in_training: number;
  average_quality_score: number;
  collection_rate: number;
  needs_review_cases: number;
  rejected_cases: number;
  withdrawn: number;
  by_source: Record<string, number>;
  by_reason: Record<string, number>;
  new_since_last_training: number;
  trigger_after: number;
  audit_sample: { due: number; done: number };
  last_run: { run_id: string; status: string; collected: number; ended_at: string | null } | null;
  next_run: string | null;
}

/** schema: Job */
export interface Job {
  job_id: string;
  model_type: string;
  status: string;
  state: string;
  progress_percentage: number;
  dataset_size: number | null;
  dataset_version: string | null;
  final_accuracy: number | null;
  final_accuracy_n: number | null;
  model_version: string | null;
  base_model: string;
  start_time: string | null;
  end_time: string | null;
  created_at: string;
  estimated_completion: string | null;
  current_epoch: number | null;
  attempt: number;
  priority: number;
  seed: string;
  triggered_by: string;
  hyperparameters: Record<string, unknown>;
  error_code: string | null;
  error_message: string | null;
}

/** schema: JobDetail */
export interface JobDetail extends Job {
  attempts: {
    attempt: number;
    fence: number;
    worker: string;
    started_at: string;
    ended_at: string | null;
    ended_why: string | null;
  }[];
  metrics: { step: number; at: string; values: Record<string, unknown> }[];
  resources: Record<string, unknown>;
  parent_model_version: string | null;
}

/** schema: LogLine */
export interface LogLine {
  seq: number;
  at: string;
  event: string;
  data: Record<string, unknown>;
}

/** schema: Version */
export interface Version {
  id: string;
  model_version: string;
  model_type: string;
  state: string;
  accuracy: number | null;
  precision: number | null;
  recall: number | null;
  f1_score: number | null;
  n: number | null;
  accuracy_estimate: Estimate | null;
  dice_estimate: Estimate | null;
  iou_estimate: Estimate | null;
  is_active: boolean;
  deployed_at: string | null;
  state_since: string;
  created_at: string;
  digest: string;
  base_model: string;
  job_id: string;
  deployable: boolean;
  why_not: string[];
  tainted: string[];
  settled: boolean;
}

/** schema: Overview */
export interface Overview {
  collection: Statistics;
  recent_jobs: Job[];
  active_models: Version[];
  system_health: Health;
}

/** schema: AlertShown */
export interface Alert {
  id: string;
  kind: string;
  severity: string;
  state: string;
  title: string;
  body: string;
  subject: string | null;
  seen: number;
  opened_at: string;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  resolved_at: string | null;
  silenced_until: string | null;
  receipts: Receipt[];
}

/** schema: Receipt */
export interface Receipt {
  channel: number;
  way: string;
  state: string;
  attempts: number;
  next_at: string | null;
  sent_at: string | null;
  error: string | null;
}

/** schema: SilenceShown */
export interface Silence {
  kind: string;
  until: string;
  reason: string;
  by: string;
}

/** schema: ApprovalShown */
export interface Approval {
  approval_id: string;
  subject_kind: string;
  subject_id: string;
  state: string;
  maker: string;
  checker: string | null;
  reason: string;
  created_at: string;
  changes: Record<string, unknown> | null;
}

/** schema: AbTest */
export interface AbTest {
  status: string;
  message: string;
  model_type: string;
  model_a: string | null;
  model_b: string | null;
  traffic_split: { model_a: number; model_b: number } | null;
  started_at: string | null;
  stage: string | null;
  n: {
    served: number;
    labelled: number;
    paired: number;
    disagreements: number;
    readings: number;
    undecided: number;
  } | null;
  effect: number | null;
  interval: (number | null)[] | null;
  e_value: number | null;
  e_value_harm: number | null;
  guardrails: { name: string; e_value: number }[];
  sample_ratio_check: {
    expected_percent: number | null;
    observed_percent: number | null;
    served: number;
    ok: boolean;
  } | null;
  decision: string | null;
  why: string | null;
  held: { by: string; at: string; reason: string } | null;
  asked: { approval_id: string; state: string; by: string; at: string; reason: string } | null;
}

/** schema: DatasetShown */
export interface Dataset {
  dataset_version: string;
  model_type: string;
  number: number;
  parent: string | null;
  sha256: string;
  training: number;
  evaluation: number;
  labels: Record<string, number>;
  counts: Record<string, unknown>;
  preprocessing: Record<string, unknown>;
  policy_version: number;
  sealed_by: string;
  sealed_at: string;
}

/** schema: PlanShown */
export interface Plan {
  plan_version: number;
  model_type: string;
  champion: string;
  champion_digest: string;
  challenger: string | null;
  standby: string | null;
  challenger_percent: number;
  shadow: boolean;
  reason: string;
  actor: string;
  effective_at: string;
}

/** schema: WorkItem */
export interface WorkItem {
  kind: string;
  model_type: string;
  reading_id: string | null;
  prediction_id: string | null;
  case_id: string | null;
  text: string | null;
  preparing: boolean;
  options: string[];
  asked_at: string | null;
  wanted_of: string | null;
  diagnosis: string | null;
  icd_code: string | null;
  reasons: string[];
  layers: string[];
  words: string | null;
  count: number | null;
}

/** schema: Taken */
export interface Taken {
  status: string;
  message: string;
  diagnosis: string;
  state: string | null;
}

/** schema: LabelShown */
export interface Label {
  label: string;
  codes: string[];
  must_not_miss: boolean;
}

/** schema: PolicyShown */
export interface Policy {
  version: number;
  current: boolean;
  body: Record<string, unknown>;
  reason: string;
  created_by: string;
  created_at: string;
}

/** schema: PerformanceHistory */
export interface PerformanceHistory {
  model_type: string;
  series: {
    model_version: string;
    starts_at: string;
    ends_at: string;
    predicted: number;
    matured: number;
    accuracy: Estimate | null;
  }[];
  marks: { at: string; kind: string; model_version: string; title: string }[];
}

/** schema: Compared */
export interface Compared {
  status: string;
  message: string;
  model_a: Version;
  model_b: Version;
  same_set: boolean;
  gate: Record<string, unknown> | null;
}

/** schema: StepShown */
export interface Step {
  step: number;
  at: string;
  action: string;
  stage: string;
  cases: number;
  disagreements: number;
  votes: number;
  effect: number | null;
  low: number | null;
  high: number | null;
  log_e_superior: number;
  log_e_harm: number;
  why: string;
}

/** schema: Course */
export interface Course {
  model_type: string;
  rollback_drop: number;
  log_e_promote: number;
  log_e_rollback: number;
  ramp: number[];
  steps: Step[];
}

/** schema: ScheduleShown */
export interface Schedule {
  schedule_id: string;
  name: string;
  kind: string;
  model_type: string | null;
  cron: string | null;
  timezone: string;
  after_new_cases: number | null;
  quiet_hours: string | null;
  enabled: boolean;
  next_run_at: string | null;
  last_fired_at: string | null;
  last_outcome: string | null;
}

/** schema: Case */
export interface Case {
  id: string;
  source: string;
  model_type: string;
  diagnosis: string | null;
  icd_code: string | null;
  validation_status: string;
  state: string;
  review_reasons: string[];
  confidence: number | null;
  validated_at: string | null;
  data_quality_score: number | null;
  completeness_score: number | null;
  used_in_training: boolean;
  created_at: string;
}

/** schema: CaseDetail */
export interface CaseDetail extends Case {
  text: string | null;
  layers: string[];
  doubts: { start: number; end: number; rule: string }[];
  details: Record<string, unknown>;
  trust_rule: string | null;
}

/** schema: CaseUses */
export interface CaseUses {
  datasets: string[];
  jobs: string[];
  models: string[];
}

/** schema: Kappa */
export interface Kappa {
  n: number;
  share: number;
  kappa: number | null;
  low: number | null;
  high: number | null;
}

/** schema: AgreementShown */
export interface Agreement {
  model_type: string;
  overall: Kappa;
  by_label: Record<string, Kappa>;
  automation_bias: {
    shown: number;
    blind: number;
    difference: number | null;
    low: number | null;
    high: number | null;
  };
}

/** schema: ValidatorShown */
export interface Validator {
  id: string;
  name: string;
  role: string;
  qualified: boolean;
  active: boolean;
  findings: { kind: string; n: number; details: Record<string, unknown>; found_at: string }[];
}

/** schema: SourceShown */
export interface Source {
  id: string;
  source: string;
  kind: string;
  model_type: string;
  enabled: boolean;
}

/** schema: Run */
export interface Run {
  status: string;
  collected: number | null;
  refused: Record<string, number>;
  review: Record<string, number>;
  rows: number;
}

/** schema: WithdrawalShown */
export interface Withdrawal {
  withdrawal_id: string;
  cause: string;
  cases: number;
  datasets: string[];
  models: string[];
  remedy: string | null;
  requested_by: string;
  at: string;
  certificate: string;
}

/** schema: ChangedCase */
export interface ChangedCase {
  case_id: string;
  truth: string;
  label_a: string;
  confidence_a: number;
  label_b: string;
  confidence_b: number;
  better: string;
  subgroup: Record<string, string>;
}

/** schema: ChangedAnswers */
export interface ChangedAnswers {
  status: string;
  message: string;
  model_a: string;
  model_b: string;
  n: number;
  both_right: number;
  only_a_right: number;
  only_b_right: number;
  neither_right: number;
  changed: number;
  groups: { attribute: string; name: string; n: number; right_a: number; right_b: number }[];
  cases: ChangedCase[];
}

/** schema: ForecastShown */
export interface Forecast {
  model_type: string;
  eligible_cases: number;
  new_cases: number;
  gain_points: number | null;
  at_most_points: number | null;
  past: { cases: number; accuracy: number; n: number }[];
}

/** schema: DeviceShown */
export interface Device {
  device: string;
  held: boolean;
  job_id: string | null;
}

/** schema: CostsShown */
export interface Costs {
  model_type: string;
  since: string;
  cost: Record<string, unknown>;
}

/** schema: GateShown */
export interface GateWord {
  against: string | null;
  verdict: string;
  rules: Record<string, unknown>[];
  policy_version: number | null;
  at: string | null;
}

/** schema: AuditEventShown */
export interface AuditEvent {
  seq: number;
  at: string;
  actor: string;
  act: string;
  subject_kind: string;
  subject_id: string;
  details: Record<string, unknown>;
}

/** schema: AuditProof */
export interface AuditProof {
  holds: boolean;
  faults: string[];
  fault_count: number;
  checkpoint: Record<string, unknown> | null;
}

/** schema: StartShown */
export interface Start {
  session: Session | null;
  overview: Overview | null;
  alerts: Alert[];
  approvals: Approval[];
  ab_test: AbTest | null;
  datasets: Dataset[];
}

/** schema: EmergencyShown */
export interface Emergency {
  id: string;
  taken_by: string;
  started_at: string;
  ends_at: string;
  gives: string[];
  why: string | null;
  reviewed_by: string | null;
  reviewed_at: string | null;
  verdict: string | null;
}
