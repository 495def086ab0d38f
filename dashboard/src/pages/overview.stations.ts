import type { AbTest, Dataset, Overview } from "../api/types";
import { ago, many, words } from "../parts/format";

/** One station of the cycle as the ring draws it. */
export interface Station {
  name: string;
  to: string;
  count: string;
  age: string;
  state: string;
}

const newest = (instants: (string | null | undefined)[]): string | null =>
  instants
    .filter((one): one is string => Boolean(one))
    .sort()
    .at(-1) ?? null;

/** The eight stations in the order in which a case becomes an answer. */
export const stations = (
  { collection, recent_jobs, active_models, system_health }: Overview,
  datasets: Dataset[],
  test: AbTest | undefined,
): Station[] => {
  const part = (name: string) => system_health.parts.find((one) => one.name === name)?.state ?? "unknown";
  const paused = system_health.paused ? "paused" : null;
  const running = recent_jobs.find((job) => job.status === "running" || job.status === "queued");
  const last = recent_jobs[0];
  const measured = recent_jobs.filter((job) => job.final_accuracy !== null);
  const live = active_models[0];
  const held = collection.total_cases - collection.anonymized_cases;
  return [
    {
      name: "collect",
      to: "/cases",
      count: many(collection.total_cases, "case"),
      age: ago(collection.last_run?.ended_at),
      state: paused ?? collection.last_run?.status ?? part("worker-collect"),
    },
    {
      name: "de-identify",
      to: "/cases",
      count: `${many(collection.anonymized_cases, "case")} passed`,
      age: held ? `${held} not passed` : "none held",
      state: part("worker-collect"),
    },
    {
      name: "check",
      to: "/cases",
      count: `${collection.needs_review_cases} to review`,
      age: `${many(collection.validated_cases, "case")} validated`,
      state: collection.needs_review_cases ? "needs_review" : "ok",
    },
    {
      name: "dataset",
      to: "/datasets",
      count: many(datasets.length, "version"),
      age: ago(datasets[0]?.sealed_at),
      state: datasets.length ? "ok" : "waiting",
    },
    {
      name: "train",
      to: "/training",
      count: running
        ? `${Math.round(running.progress_percentage)} %`
        : `${collection.new_since_last_training} of ${collection.trigger_after} new`,
      age: ago(newest([last?.end_time, last?.start_time])),
      state: paused ?? running?.status ?? last?.status ?? "waiting",
    },
    {
      name: "evaluate",
      to: "/models",
      count: measured.length
        ? `${measured[0]?.model_version ?? "the newest"}: ${measured[0]?.final_accuracy?.toFixed(1)} %`
        : "none measured",
      age: measured[0]?.final_accuracy_n ? `n ${measured[0].final_accuracy_n}` : "",
      state: measured.length ? "ok" : "waiting",
    },
    {
      name: "canary",
      to: "/experiment",
      count:
        test?.status === "running" ? `${test.traffic_split?.model_b ?? 0} % of persons` : "no challenger",
      age: test?.status === "running" ? ago(test.started_at) : "",
      state: test?.status === "running" ? "running" : "waiting",
    },
    {
      name: "serve",
      to: "/models",
      count: live?.model_version ?? "nothing live",
      age: ago(live?.deployed_at),
      state: live ? part("model-server") : "waiting",
    },
  ].map((station) => ({ ...station, state: words(station.state) }));
};
