import { useState } from "react";
import { Link, useParams } from "react-router";
import type { JobDetail, Plan, Version } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Confirm } from "../parts/Confirm";
import { DataTable } from "../parts/DataTable";
import { estimated, percent, when, whole, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { RollBack } from "../parts/RollBack";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

function Lineage({ version, job, plans }: { version: Version; job: JobDetail | undefined; plans: Plan[] }) {
  const served = plans.filter((plan) => [plan.champion, plan.challenger].includes(version.model_version));
  return (
    <section className="panel">
      <h2>Where it comes from, where it went</h2>
      <ol>
        <li>
          {job?.dataset_version ? (
            <Link to={`/datasets/${job.dataset_version}`}>{job.dataset_version}</Link>
          ) : (
            "a model from elsewhere"
          )}
          {job?.dataset_size ? `, ${whole(job.dataset_size)} cases` : ""}
        </li>
        <li>
          <Link to={`/training/${version.job_id}`}>training {version.job_id.slice(-8)}</Link> on{" "}
          {version.base_model}
          {job?.parent_model_version && `, beginning from ${job.parent_model_version}`}
        </li>
        <li>
          <strong>{version.model_version}</strong>, digest <code>{version.digest}</code>
        </li>
        {served.length ? (
          served
            .slice()
            .reverse()
            .map((plan) => (
              <li key={plan.plan_version}>
                plan {plan.plan_version}, {when(plan.effective_at)}:{" "}
                {plan.champion === version.model_version
                  ? `answers ${100 - plan.challenger_percent} %`
                  : `answers ${plan.challenger_percent ? `${plan.challenger_percent} %` : "nobody"}${plan.shadow ? `, ${plan.challenger_percent ? "the rest" : "everybody"} silently` : ""}`}{" "}
                ({plan.reason})
              </li>
            ))
        ) : (
          <li>it never answered a patient</li>
        )}
      </ol>
    </section>
  );
}

function Acts({ version, plan }: { version: Version; plan: Plan | undefined }) {
  const [asking, setAsking] = useState(false);
  const act = useAct<{ message: string }>("/models/deploy", ["/models", "/plans", "/dashboard"]);
  const live = plan?.champion === version.model_version;
  const challenging = plan?.challenger === version.model_version;
  return (
    <div className="row acts">
      <Gated
        act="POST /models/deploy"
        refused={
          live || challenging
            ? "it is in service already"
            : version.deployable
              ? undefined
              : words(version.why_not.join("; "))
        }
        onClick={() => setAsking(true)}
      >
        Let it be compared in service
      </Gated>
      {(live || challenging) && (
        <RollBack
          modelType={version.model_type}
          leaving={live && !plan?.standby ? null : version.model_version}
          staying={(live ? plan?.standby : plan?.champion) ?? null}
        />
      )}
      <Link to={`/letters/${version.model_version}`}>Update letter</Link>
      {act.done && <span role="status">{act.done.message}</span>}
      <Confirm
        open={asking}
        title={`Compare ${version.model_version} in service?`}
        effect="It answers silently beside the live version first, then 5 % of persons, and more only on evidence. A version that is worse is taken back by itself."
        act="Begin the comparison"
        type={version.model_version}
        reason
        busy={act.busy}
        error={act.error}
        onAct={(reason) =>
          void act.run({ model_type: version.model_type, model_version: version.model_version, reason }).then(
            () => setAsking(false),
            () => undefined,
          )
        }
        onClose={() => setAsking(false)}
      />
    </div>
  );
}

function Card({ version }: { version: Version }) {
  const job = useApi<JobDetail>(`/training/jobs/${version.job_id}`).data;
  const plans = useApi<Plan[]>("/plans", { model_type: version.model_type }).data ?? [];
  const rows: [string, React.ReactNode][] = [
    ...(version.dice_estimate
      ? ([
          ["Dice", estimated(version.dice_estimate)],
          ["IoU", estimated(version.iou_estimate)],
        ] as [string, string][])
      : []),
    [version.dice_estimate ? "Accuracy, by pixel" : "Accuracy", estimated(version.accuracy_estimate)],
    ["Precision, macro", percent(version.precision)],
    ["Recall, macro", percent(version.recall)],
    ["F1, macro", percent(version.f1_score)],
    ["Measured on (n)", whole(version.n)],
    ["In this state since", when(version.state_since)],
    ["Settled", version.settled ? "yes" : "no"],
    ["Seed", job?.seed ?? "–"],
  ];
  return (
    <>
      {version.tainted.length > 0 && (
        <p className="state warn">learnt from what was taken back since: {version.tainted.join(", ")}</p>
      )}
      <Acts version={version} plan={plans[0]} />
      <div className="columns">
        <section className="panel">
          <DataTable
            caption="On its frozen set"
            rows={rows}
            id={([name]) => name}
            columns={[
              { name: "What", show: ([name]) => name },
              { name: "Is", show: ([, value]) => value },
            ]}
          />
        </section>
        <Lineage version={version} job={job} plans={plans} />
      </div>
      {version.why_not.length > 0 && (
        <section className="panel">
          <h2>Why it cannot be deployed now</h2>
          <ul>
            {version.why_not.map((reason) => (
              <li key={reason}>{words(reason)}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** One version: figures, descent, what may be done with it, and if not, why. */
export function VersionPage() {
  const { name = "" } = useParams();
  const versions = useApi<Version[]>("/models/available", { limit: 200 });
  const state = versions.data?.find((one) => one.model_version === name)?.state;
  return (
    <div className="stack">
      <p>
        <Link to="/models">All versions</Link>
      </p>
      <div className="row">
        <h1>{name}</h1>
        {state && <State of={state} />}
      </div>
      <Shown
        answer={versions}
        empty={(found) =>
          found.some((version) => version.model_version === name)
            ? null
            : `There is no version ${name} among the newest 200.`
        }
      >
        {(found) => {
          const version = found.find((one) => one.model_version === name);
          return version && <Card version={version} />;
        }}
      </Shown>
    </div>
  );
}
