import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { Link } from "react-router";
import { type ApiError, get } from "../api/client";
import type { Job, JobDetail } from "../api/types";
import { DataTable } from "../parts/DataTable";
import { percent, span, whole } from "../parts/format";
import { Trouble, Waiting } from "../parts/Shown";
import { curvesOf, figureOf, told } from "./training.curves";

const Series = lazy(() => import("../charts/Series"));
export const RUNS_MOST = 6;

const short = (job: Job): string =>
  `${job.job_id.slice(-8)}${job.model_version ? ` (${job.model_version})` : ""}`;

const lasted = (job: Job): string =>
  job.start_time && job.end_time ? span((Date.parse(job.end_time) - Date.parse(job.start_time)) / 1000) : "–";

/** What two trainings were told otherwise; what is the same for all is not repeated. */
function Recipes({ jobs }: { jobs: JobDetail[] }) {
  const facts: [string, (job: JobDetail) => string][] = [
    ["base model", (job) => job.base_model],
    ["data set", (job) => job.dataset_version ?? "–"],
    ["cases (n)", (job) => whole(job.dataset_size)],
    ["seed", (job) => job.seed],
    ["lasted", lasted],
    ["accuracy (n)", (job) => `${percent(job.final_accuracy)} (${whole(job.final_accuracy_n)})`],
  ];
  const settings = [...new Set(jobs.flatMap((job) => Object.keys(job.hyperparameters)))].sort();
  for (const name of settings)
    facts.push([
      name,
      (job) => (name in job.hyperparameters ? JSON.stringify(job.hyperparameters[name]) : "the default"),
    ]);
  return (
    <DataTable
      caption="What they were told and what came of it"
      file="runs"
      rows={facts}
      id={([name]) => name}
      columns={[
        { name: "What", show: ([name]) => name },
        ...jobs.map((job) => ({
          name: short(job),
          show: ([, of]: (typeof facts)[number]) => of(job),
        })),
      ]}
    />
  );
}

function Curve({ name, jobs }: { name: string; jobs: JobDetail[] }) {
  const { title, unit } = told(name);
  const [xs, lines] = useMemo(() => {
    const steps = [...new Set(jobs.flatMap((job) => job.metrics.map((one) => one.step)))].sort(
      (a, b) => a - b,
    );
    const curves = jobs.map((job) => {
      const at = new Map(job.metrics.map((one) => [one.step, figureOf(one.values, name)]));
      return { name: short(job), ys: steps.map((step) => at.get(step) ?? null) };
    });
    return [steps, curves] as const;
  }, [jobs, name]);
  return <Series title={title} unit={unit} axis="step" xs={[...xs]} lines={[...lines]} />;
}

/** Up to six trainings side by side: their settings, and each figure as one plot with a curve a run. */
export function CompareRuns({ ids }: { ids: string[] }) {
  const answers = useQueries({
    queries: ids.slice(0, RUNS_MOST).map((id) => ({
      queryKey: [`/training/jobs/${id}`, {}],
      queryFn: () => get<JobDetail>(`/training/jobs/${id}`),
    })),
  });
  const failed = answers.find((one) => one.error);
  const jobs = answers.flatMap((one) => (one.data ? [one.data] : []));
  const names = curvesOf(jobs.flatMap((job) => job.metrics));
  return (
    <div className="stack">
      <p>
        <Link to="/training">All jobs</Link>
      </p>
      <h1>{jobs.length} trainings side by side</h1>
      {failed && <Trouble error={failed.error as ApiError} again={() => void failed.refetch()} />}
      {answers.some((one) => one.isPending) && <Waiting />}
      {jobs.length > 0 && (
        <>
          <section className="panel">
            <Recipes jobs={jobs} />
          </section>
          <Suspense fallback={<p role="status">Loading the curves…</p>}>
            <div className="columns wide">
              {names.map((name) => (
                <Curve key={name} name={name} jobs={jobs} />
              ))}
            </div>
          </Suspense>
        </>
      )}
    </div>
  );
}
