import type { AbTest, Alert, Approval, Overview } from "../api/types";
import { ago, many, siteNow } from "../parts/format";

/** The one thing that needs somebody, with where to do it. */
export interface Need {
  title: string;
  why: string;
  act: string;
  to: string;
  bad: boolean;
}

interface Facts {
  overview: Overview;
  alerts: Alert[];
  approvals: Approval[];
  test: AbTest | undefined;
}

// The rule of the card: patients at risk first, then people who are waited for, then what grows old.
const RULES: ((facts: Facts) => Need | null)[] = [
  ({ alerts }) => {
    const found = alerts.find((one) => one.state === "open" && one.severity === "critical");
    return found
      ? {
          title: found.title,
          why: `critical, opened ${ago(found.opened_at)}; nobody has acknowledged it`,
          act: "See the alert",
          to: "/alerts",
          bad: true,
        }
      : null;
  },
  ({ overview }) => {
    const down = overview.system_health.parts.filter((part) => part.needed && part.state === "down");
    return down.length
      ? {
          title: `${down.map((part) => part.name).join(", ")} ${down.length === 1 ? "is" : "are"} down`,
          why: "the cycle cannot turn without it",
          act: "See what is affected",
          to: "/#parts",
          bad: true,
        }
      : null;
  },
  ({ test }) =>
    test?.status === "running" && test.sample_ratio_check && !test.sample_ratio_check.ok
      ? {
          title: "The comparison's shares are not what the plan says",
          why: "its figures cannot be trusted until somebody has looked",
          act: "See the experiment",
          to: "/experiment",
          bad: true,
        }
      : null,
  ({ approvals }) =>
    approvals.length
      ? {
          title: `${many(approvals.length, approvals[0]?.changes ? "policy change" : "release")} ${approvals.length === 1 ? "waits" : "wait"} for a second person`,
          why: `asked for by ${approvals[0]?.maker} ${ago(approvals[0]?.created_at)}`,
          act: "Decide",
          to: approvals[0]?.changes ? "/policy" : "/models",
          bad: false,
        }
      : null,
  ({ overview }) => {
    const { due, done } = overview.collection.audit_sample;
    const open = due - done;
    return open > 0
      ? {
          title: `${many(open, "blind reading")} ${open === 1 ? "waits" : "wait"} for a clinician`,
          why: "comparisons and accuracies rest on them",
          act: "Read",
          to: "/cases",
          bad: false,
        }
      : null;
  },
  ({ overview }) => {
    const n = overview.collection.needs_review_cases;
    return n
      ? {
          title: `${many(n, "case")} ${n === 1 ? "needs" : "need"} review`,
          why: "they teach nothing until a clinician has decided",
          act: "Review",
          to: "/cases",
          bad: false,
        }
      : null;
  },
  ({ alerts }) => {
    const found = alerts.find((one) => one.state === "open");
    return found
      ? {
          title: found.title,
          why: `${found.severity}, opened ${ago(found.opened_at)}`,
          act: "See the alert",
          to: "/alerts",
          bad: false,
        }
      : null;
  },
  ({ overview }) => {
    const last = overview.recent_jobs[0];
    return last?.status === "failed"
      ? {
          title: `The last training of ${last.model_type} failed`,
          why: last.error_message ?? "its log says why",
          act: "See the job",
          to: `/training/${last.job_id}`,
          bad: false,
        }
      : null;
  },
];

/** The first rule that finds something; none means that nothing needs anybody. */
export const needOf = (facts: Facts): Need | null => {
  for (const rule of RULES) {
    const found = rule(facts);
    if (found) return found;
  }
  return null;
};

const KEY = "rounds-last-visit";

/** When this browser was here last, before the present visit; read once, then set to now. */
export const lastVisit = (() => {
  let before: string | null | undefined;
  return (): string | null => {
    if (before === undefined) {
      before = localStorage.getItem(KEY);
      localStorage.setItem(KEY, new Date(siteNow()).toISOString());
    }
    return before;
  };
})();

/** What changed since then, in sentences with numbers. */
export const since = (then: string, { overview, alerts }: Facts): string[] => {
  const later = (instant: string | null) => instant !== null && instant > then;
  const jobs = overview.recent_jobs.filter((job) => later(job.end_time));
  const done = jobs.filter((job) => job.status === "completed").length;
  const live = overview.active_models.filter((version) => later(version.deployed_at));
  const opened = alerts.filter((one) => later(one.opened_at));
  const run = overview.collection.last_run;
  return [
    run && later(run.ended_at)
      ? `The last collection brought ${many(run.collected, "case")}.`
      : "No collection has ended.",
    jobs.length
      ? `${many(jobs.length, "training")} ended, ${done} of them with a model.`
      : "No training has ended.",
    live.length
      ? `Now live: ${live.map((version) => version.model_version).join(", ")}.`
      : "The same versions are live.",
    opened.length
      ? `${many(opened.length, "alert")} opened and not resolved.`
      : "No alert opened that is not resolved.",
  ];
};
