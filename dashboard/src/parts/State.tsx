import { words } from "./format";

const TONES: Record<string, string> = {
  ok: "ok",
  healthy: "ok",
  live: "ok",
  completed: "ok",
  validated: "ok",
  resolved: "ok",
  active: "ok",
  passed: "ok",
  gated: "ok",
  late: "warn",
  delayed: "warn",
  warning: "warn",
  unknown: "warn",
  needs_review: "warn",
  acknowledged: "warn",
  standby: "warn",
  quarantined: "warn",
  paused: "warn",
  down: "bad",
  offline: "bad",
  failed: "bad",
  critical: "bad",
  rejected: "bad",
  rolled_back: "bad",
  open: "bad",
  queued: "info",
  leased: "info",
  running: "info",
  info: "info",
  checkpointed: "info",
  evaluating: "info",
  shadow: "info",
  replay: "info",
  canary_5: "info",
  canary_25: "info",
  canary_50: "info",
};

/** A word of state; the colour repeats what the word says. */
export function State({ of, children }: { of: string; children?: string }) {
  return <span className={`state ${TONES[of] ?? ""}`}>{children ?? words(of)}</span>;
}
