import { useState } from "react";
import { Link, Route, Routes, useSearchParams } from "react-router";
import type { Job, Overview } from "../api/types";
import { useApi } from "../api/useApi";
import { DataTable } from "../parts/DataTable";
import { estimated, siteNow, span, whole, words } from "../parts/format";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { When } from "../parts/When";
import { CompareRuns, RUNS_MOST } from "./CompareRuns";
import { JobPage } from "./JobPage";
import { Outlook } from "./Outlook";
import { StartTraining } from "./StartTraining";

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

function Queue() {
  const [chosen, setChosen] = useState<string[]>([]);
  const choose = (id: string) =>
    setChosen((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id]));
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
      <StartTraining />
      <Shown answer={jobs} empty={(found) => (found.length ? null : "Nothing was trained yet.")}>
        {(found) => (
          <section className="panel">
            <DataTable
              caption="Jobs, newest first"
              file="jobs"
              rows={found}
              id={(job) => job.job_id}
              most={20}
              chosen={(job) => chosen.includes(job.job_id)}
              columns={[
                {
                  name: "Compare",
                  show: (job) => (
                    <input
                      type="checkbox"
                      aria-label={`Compare ${job.job_id.slice(-8)}`}
                      checked={chosen.includes(job.job_id)}
                      disabled={!chosen.includes(job.job_id) && chosen.length >= RUNS_MOST}
                      onChange={() => choose(job.job_id)}
                    />
                  ),
                  value: () => "",
                },
                {
                  name: "Job",
                  show: (job) => <Link to={`/training/${job.job_id}`}>{job.job_id.slice(-8)}</Link>,
                  value: (job) => job.job_id,
                },
                { name: "Type", show: (job) => job.model_type },
                { name: "State", show: (job) => <State of={job.state} />, value: (job) => job.state },
                { name: "Done (%)", show: (job) => job.progress_percentage.toFixed(0), number: true },
                {
                  name: "Asked",
                  show: (job) => (
                    <>
                      <When at={job.created_at} />, {words(job.triggered_by)}
                    </>
                  ),
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
            <p className="row acts">
              {chosen.length > 1 ? (
                <Link to={`/training?compare=${chosen.join(",")}`}>Compare these {chosen.length}</Link>
              ) : (
                <span className="dim">Tick two to six jobs to compare them.</span>
              )}
            </p>
          </section>
        )}
      </Shown>
      <Outlook modelType="diagnosis" />
    </div>
  );
}

function Jobs() {
  const [params] = useSearchParams();
  const compared = params.get("compare");
  return compared ? <CompareRuns ids={compared.split(",")} /> : <Queue />;
}

/** The queue, and each job by its id. */
export default function Training() {
  return (
    <Routes>
      <Route index element={<Jobs />} />
      <Route path=":id" element={<JobPage />} />
    </Routes>
  );
}
