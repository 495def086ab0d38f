import { useState } from "react";
import { Link, Route, Routes } from "react-router";
import type { Job, Overview } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Confirm } from "../parts/Confirm";
import { DataTable } from "../parts/DataTable";
import { estimated, siteNow, span, when, whole, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { JobPage } from "./JobPage";

const lasted = (job: Job): string =>
  job.start_time
    ? span(
        (Date.parse(job.end_time ?? new Date(siteNow()).toISOString()) - Date.parse(job.start_time)) / 1000,
      )
    : "–";

const waits = (job: Job, jobs: Job[]): string => {
  if (job.status !== "queued") return job.error_message ?? "";
  const before = jobs.filter(
    (one) =>
      one.status === "running" ||
      (one.status === "queued" && (one.priority < job.priority || one.created_at < job.created_at)),
  );
  return before.length ? `${before.length} before it` : "waits for a free worker";
};

function Start() {
  const [asking, setAsking] = useState(false);
  const start = useAct<{ message: string }>("/training/start", ["/training", "/dashboard"]);
  return (
    <div className="row">
      <Gated act="POST /training/start" onClick={() => setAsking(true)}>
        Start a training
      </Gated>
      {start.done && <span role="status">{start.done.message}</span>}
      <Confirm
        open={asking}
        title="Train the diagnosis model now?"
        effect="A job is queued on the newest eligible cases with the site's recipe. It changes nothing in service: its version meets the gate first."
        act="Start"
        busy={start.busy}
        error={start.error}
        onAct={() =>
          void start.run({ model_type: "diagnosis" }).then(
            () => setAsking(false),
            () => undefined,
          )
        }
        onClose={() => {
          setAsking(false);
          start.reset();
        }}
      />
    </div>
  );
}

function Queue() {
  const jobs = useApi<Job[]>("/training/jobs", { limit: 50 });
  const collection = useApi<Overview>("/dashboard/overview").data?.collection;
  return (
    <div className="stack">
      <h1>Training</h1>
      {collection && (
        <p className="dim">
          {whole(collection.new_since_last_training)} new cases since the last training;{" "}
          {whole(collection.trigger_after)} start one by themselves.
        </p>
      )}
      <Start />
      <Shown answer={jobs} empty={(found) => (found.length ? null : "Nothing was trained yet.")}>
        {(found) => (
          <section className="panel">
            <DataTable
              caption="Jobs, newest first"
              file="jobs"
              rows={found}
              id={(job) => job.job_id}
              columns={[
                {
                  name: "Job",
                  show: (job) => <Link to={`/training/${job.job_id}`}>{job.job_id.slice(0, 8)}</Link>,
                  value: (job) => job.job_id,
                },
                { name: "Type", show: (job) => job.model_type },
                { name: "State", show: (job) => <State of={job.state} />, value: (job) => job.state },
                { name: "Done (%)", show: (job) => job.progress_percentage.toFixed(0), number: true },
                {
                  name: "Asked",
                  show: (job) => `${when(job.created_at)}, ${words(job.triggered_by)}`,
                  value: (job) => job.created_at,
                },
                { name: "Lasted", show: lasted },
                { name: "Cases", show: (job) => whole(job.dataset_size), number: true },
                {
                  name: "Accuracy (%)",
                  show: (job) =>
                    job.final_accuracy === null
                      ? "–"
                      : estimated({
                          value: job.final_accuracy,
                          n: job.final_accuracy_n ?? 0,
                          low: null,
                          high: null,
                        }),
                },
                { name: "Why", show: (job) => waits(job, found) },
              ]}
            />
          </section>
        )}
      </Shown>
    </div>
  );
}

/** The queue, and each job by its id. */
export default function Training() {
  return (
    <Routes>
      <Route index element={<Queue />} />
      <Route path=":id" element={<JobPage />} />
    </Routes>
  );
}
