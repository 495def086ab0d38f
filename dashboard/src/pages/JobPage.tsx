import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import type { JobDetail, LogLine } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import type { SiteEvent } from "../live/stream";
import { useSiteEvents } from "../live/useLive";
import { Confirm } from "../parts/Confirm";
import { DataTable } from "../parts/DataTable";
import { percent, when, whole, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { When } from "../parts/When";
import { curvesOf, figureOf, told } from "./training.curves";

const Series = lazy(() => import("../charts/Series"));

/** A figure of a running job arrives with the event itself: the curve needs no further question. */
const useLivePoints = (id: string) => {
  const queries = useQueryClient();
  useSiteEvents(
    useCallback(
      (event: SiteEvent) => {
        if (event.kind !== "training_jobs.progress" || event.subject !== id) return;
        const { step, progress, ...values } = event.data as { step: number; progress: number };
        queries.setQueriesData<JobDetail>({ queryKey: [`/training/jobs/${id}`] }, (job) =>
          job && (job.metrics.at(-1)?.step ?? -1) < step
            ? {
                ...job,
                progress_percentage: 100 * progress,
                metrics: [...job.metrics, { step, at: event.at, values }],
              }
            : job,
        );
      },
      [queries, id],
    ),
  );
};

function Curves({ job }: { job: JobDetail }) {
  const names = useMemo(() => curvesOf(job.metrics), [job.metrics]);
  const xs = useMemo(() => job.metrics.map((metric) => metric.step), [job.metrics]);
  if (!names.length) return <section className="panel dim">No figure was told yet.</section>;
  return (
    <div className="columns">
      {names.map((name) => (
        <Curve key={name} name={name} xs={xs} job={job} />
      ))}
    </div>
  );
}

function Curve({ name, xs, job }: { name: string; xs: number[]; job: JobDetail }) {
  const { title, unit } = told(name);
  const lines = useMemo(
    () => [{ name: title, ys: job.metrics.map(({ values }) => figureOf(values, name)) }],
    [job.metrics, name, title],
  );
  return <Series title={title} unit={unit} axis="step" xs={xs} lines={lines} />;
}

function Acts({ job }: { job: JobDetail }) {
  const [asking, setAsking] = useState(false);
  const cancel = useAct(`/training/jobs/${job.job_id}/cancel`, ["/training", "/dashboard"]);
  const retry = useAct<{ message: string }>(`/training/jobs/${job.job_id}/retry`, [
    "/training",
    "/dashboard",
  ]);
  const over = job.end_time !== null;
  return (
    <div className="row acts">
      <Gated
        act="POST /training/jobs/{job_id}/cancel"
        kind="plain"
        refused={over ? `it is ${job.status} already` : undefined}
        onClick={() => setAsking(true)}
      >
        Cancel
      </Gated>
      <Gated
        act="POST /training/jobs/{job_id}/retry"
        kind="plain"
        refused={over ? undefined : "it is not over"}
        onClick={() => void retry.run().catch(() => undefined)}
      >
        Train again
      </Gated>
      {retry.done && <span role="status">{retry.done.message}</span>}
      {retry.error && (
        <span role="alert" className="state bad">
          {retry.error.message}
        </span>
      )}
      <Confirm
        open={asking}
        title="Cancel this training?"
        effect="The worker stops at its next heartbeat. What was learnt is given up; the cases and the recipe stay, so it can be started again."
        act="Cancel the training"
        dangerous
        busy={cancel.busy}
        error={cancel.error}
        onAct={() =>
          void cancel.run().then(
            () => setAsking(false),
            () => undefined,
          )
        }
        onClose={() => setAsking(false)}
      />
    </div>
  );
}

function Facts({ job }: { job: JobDetail }) {
  const rows: [string, React.ReactNode][] = [
    [
      "Data set",
      job.dataset_version ? (
        <Link key="set" to={`/datasets/${job.dataset_version}`}>
          {job.dataset_version}
        </Link>
      ) : (
        "–"
      ),
    ],
    ["Cases", whole(job.dataset_size)],
    ["Base model", job.base_model],
    ["Seed", job.seed],
    ["Asked by", words(job.triggered_by)],
    ["Begun", when(job.start_time)],
    ["Ended", job.end_time ? when(job.end_time) : `expected ${when(job.estimated_completion)}`],
    [
      "Accuracy on the frozen set",
      job.final_accuracy === null
        ? "not measured"
        : `${percent(job.final_accuracy)} (n ${whole(job.final_accuracy_n)})`,
    ],
    [
      "Version",
      job.model_version ? (
        <Link key="version" to={`/models/${job.model_version}`}>
          {job.model_version}
        </Link>
      ) : (
        "none yet"
      ),
    ],
    ["Recipe", <code key="recipe">{JSON.stringify(job.hyperparameters)}</code>],
  ];
  return (
    <section className="panel">
      <DataTable
        caption="The job"
        rows={rows}
        id={([name]) => name}
        columns={[
          { name: "What", show: ([name]) => name },
          { name: "Is", show: ([, value]) => value },
        ]}
      />
    </section>
  );
}

const figures = (data: Record<string, unknown>): string =>
  Object.entries(data)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) =>
        `${words(name)} ${typeof value === "number" ? Number(value.toPrecision(4)) : String(value)}`,
    )
    .join(" · ");

/** What happened to the job, the newest line first. */
function Log({ id }: { id: string }) {
  const lines = useApi<LogLine[]>(`/training/jobs/${id}/log`, { limit: 500 });
  return (
    <section className="panel">
      <Shown answer={lines} empty={(found) => (found.length ? null : "Its log holds no line yet.")}>
        {(found) => (
          <DataTable
            caption="Log, the newest line first"
            file={`log-${id.slice(-8)}`}
            most={10}
            rows={[...found].reverse()}
            id={(line) => String(line.seq)}
            columns={[
              { name: "At", show: (line) => <When at={line.at} />, value: (line) => line.at },
              { name: "What", show: (line) => words(line.event.replace(/^training_jobs\./, "")) },
              {
                name: "Figures",
                show: (line) => <span className="small">{figures(line.data)}</span>,
                value: (line) => figures(line.data),
              },
            ]}
          />
        )}
      </Shown>
    </section>
  );
}

/** One training: its curves as they grow, what it cost, who worked on it, and why it failed. */
export function JobPage() {
  const { id = "" } = useParams();
  useLivePoints(id);
  const job = useApi<JobDetail>(`/training/jobs/${id}`);
  return (
    <div className="stack">
      <p>
        <Link to="/training">All jobs</Link>
      </p>
      <div className="row">
        <h1>Training {id.slice(-8)}</h1>
        {job.data && <State of={job.data.state} />}
        {job.data && <span className="dim">{job.data.progress_percentage.toFixed(0)} % done</span>}
      </div>
      <Shown answer={job}>
        {(found) => (
          <>
            {!found.end_time && (
              <progress className="bar" max={100} value={found.progress_percentage} aria-label="Done" />
            )}
            {found.error_message && (
              <section className="panel needs bad" role="alert">
                <h2>{words(found.error_code ?? "failed")}</h2>
                <p>{found.error_message}</p>
              </section>
            )}
            <Acts job={found} />
            <Suspense fallback={<p role="status">Loading the curves…</p>}>
              <Curves job={found} />
            </Suspense>
            <Facts job={found} />
            <section className="panel">
              <DataTable
                caption="Each time a worker took the job"
                rows={found.attempts}
                id={(one) => String(one.fence)}
                columns={[
                  { name: "Attempt", show: (one) => one.attempt, number: true },
                  { name: "Worker", show: (one) => one.worker },
                  { name: "From", show: (one) => when(one.started_at) },
                  { name: "To", show: (one) => when(one.ended_at) },
                  { name: "Ended", show: (one) => words(one.ended_why ?? "still at work") },
                ]}
              />
            </section>
            <Log id={id} />
          </>
        )}
      </Shown>
    </div>
  );
}
