import { Link, useSearchParams } from "react-router";
import type { AbTest, Course, Plan } from "../api/types";
import { useApi } from "../api/useApi";
import { Sequence } from "../charts/Sequence";
import { DataTable } from "../parts/DataTable";
import { ago, percent, points, when, whole, words } from "../parts/format";
import { ModelType } from "../parts/ModelType";
import { RollBack } from "../parts/RollBack";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { When } from "../parts/When";
import { Hold, Promote, Steered } from "./Steering";

const strength = (log: number) => (log > 12 ? "over 160,000" : Math.exp(log).toPrecision(3));

/** What the rollback rule would say now, and how far it is from speaking. */
function Now({ test, course }: { test: AbTest; course: Course }) {
  const last = course.steps.at(-1);
  if (!last) return <p>The engine has not decided anything yet.</p>;
  const harm = last.log_e_harm >= course.log_e_rollback;
  const better = last.log_e_superior >= course.log_e_promote;
  return (
    <ul>
      <li>
        Would it be rolled back now? <strong>{harm ? "Yes" : "No"}</strong>: the evidence that {test.model_b}{" "}
        is worse by more than {course.rollback_drop} points is {strength(last.log_e_harm)};{" "}
        {strength(course.log_e_rollback)} rolls back.
      </li>
      <li>
        Would it be promoted now? <strong>{better ? "The evidence is there" : "Not yet"}</strong>: the
        evidence that it is better is {strength(last.log_e_superior)}; {strength(course.log_e_promote)} is
        asked for at the end of the ramp.
      </li>
      <li>
        The difference is {points(last.effect)} points, by a 95 % confidence sequence between{" "}
        {points(last.low)} and {points(last.high)} (n {whole(last.cases)} cases, {whole(last.votes)} read
        where the two disagree).
      </li>
      {last.why && <li>The engine says: {words(last.why)}.</li>}
    </ul>
  );
}

const LATER =
  " Over the whole comparison it was still the better one; it became worse later, on the patients after its promotion, and those are watched by themselves.";

/** How a comparison that is over ended, and what was known then. */
function Ended({ test, course }: { test: AbTest; course: Course }) {
  const last = course.steps.at(-1);
  return (
    <ul>
      <li>
        It ended as <strong>{words(last?.action ?? test.decision ?? "decided by a person")}</strong>:{" "}
        {words(last?.why || test.why || "no reason kept")}.
        {last?.action === "rollback" && (last.effect ?? 0) > 0 && LATER}
      </li>
      {last && (
        <li>
          The difference was {points(last.effect)} points, between {points(last.low)} and {points(last.high)}{" "}
          (n {whole(last.cases)} cases, {whole(last.votes)} read where the two disagreed). Evidence of harm{" "}
          {strength(last.log_e_harm)}, of gain {strength(last.log_e_superior)}; at{" "}
          {strength(course.log_e_rollback)} and {strength(course.log_e_promote)} the engine acts.
        </li>
      )}
    </ul>
  );
}

function Ramp({ test, course, plans }: { test: AbTest; course: Course; plans: Plan[] }) {
  const mine = plans.filter((plan) => plan.challenger === test.model_b).reverse();
  return (
    <section className="panel">
      <h2>The ramp</h2>
      <p>
        shadow
        {course.ramp.map((share) => ` → ${share} %`).join("")} ·{" "}
        {test.status === "running" ? "now" : "at its end"}{" "}
        <strong>
          {test.traffic_split?.model_b
            ? `${test.traffic_split.model_b} % of persons`
            : "no patient is answered by it"}
        </strong>
      </p>
      <DataTable
        caption="Its steps"
        file="ramp"
        rows={mine}
        id={(plan) => String(plan.plan_version)}
        columns={[
          { name: "Plan", show: (plan) => plan.plan_version, number: true },
          {
            name: "From",
            show: (plan) => <When at={plan.effective_at} />,
            value: (plan) => plan.effective_at,
          },
          { name: "Share (%)", show: (plan) => plan.challenger_percent, number: true },
          { name: "Why", show: (plan) => plan.reason },
          { name: "By", show: (plan) => plan.actor },
        ]}
      />
    </section>
  );
}

function Checks({ test, course }: { test: AbTest; course: Course }) {
  const ratio = test.sample_ratio_check;
  const limit = Math.exp(course.log_e_rollback);
  return (
    <section className="panel">
      <h2>Guardrails</h2>
      {ratio && (
        <p>
          Shares as planned: <State of={ratio.ok ? "ok" : "failed"}>{ratio.ok ? "yes" : "no"}</State>{" "}
          {percent(ratio.observed_percent)} of answers by {test.model_b}, {percent(ratio.expected_percent)}{" "}
          expected (n {whole(ratio.served)}).
        </p>
      )}
      <DataTable
        caption={`Evidence of harm to a group; at ${limit.toFixed(0)} the version is rolled back`}
        file="guardrails"
        rows={test.guardrails}
        id={(one) => one.name}
        columns={[
          { name: "Group", show: (one) => words(one.name) },
          { name: "Evidence", show: (one) => one.e_value, number: true },
          {
            name: "State",
            show: (one) => (
              <State of={one.e_value >= limit ? "failed" : "ok"}>
                {one.e_value >= limit ? "harmed" : "no harm shown"}
              </State>
            ),
            value: (one) => (one.e_value >= limit ? "harmed" : "none"),
          },
        ]}
      />
    </section>
  );
}

function Comparison({ test, course, plans }: { test: AbTest; course: Course; plans: Plan[] }) {
  const running = test.status === "running";
  return (
    <>
      <section className="panel">
        <div className="row between">
          <h2>
            <Link to={`/models/${test.model_b}`}>{test.model_b}</Link> against{" "}
            <Link to={`/models/${test.model_a}`}>{test.model_a}</Link>
          </h2>
          <State of={running ? "running" : "completed"}>
            {running ? words(test.stage ?? "running") : "concluded"}
          </State>
        </div>
        <p className="dim">
          {words(test.message)}. Begun {when(test.started_at)} ({ago(test.started_at)}).
        </p>
        <Sequence course={course} />
        {running ? <Now test={test} course={course} /> : <Ended test={test} course={course} />}
        <div className="row acts">
          <Link to={`/letters/${test.model_b}`}>Read its update letter</Link>
          <Promote test={test} course={course} />
          <Hold test={test} />
          <RollBack
            modelType={test.model_type}
            leaving={running ? test.model_b : null}
            staying={test.model_a}
          />
        </div>
        <Steered test={test} />
      </section>
      <div className="columns">
        <Ramp test={test} course={course} plans={plans} />
        <Checks test={test} course={course} />
      </div>
      <section className="panel">
        <DataTable
          caption="The engine, step by step, newest first"
          file="steps"
          rows={[...course.steps].reverse()}
          most={15}
          id={(step) => String(step.step)}
          columns={[
            { name: "At", show: (step) => <When at={step.at} />, value: (step) => step.at },
            {
              name: "Did",
              show: (step) => <State of={step.action}>{step.action}</State>,
              value: (step) => step.action,
            },
            { name: "Cases (n)", show: (step) => whole(step.cases), number: true },
            { name: "Disagreements", show: (step) => whole(step.disagreements), number: true },
            { name: "Read", show: (step) => whole(step.votes), number: true },
            {
              name: "Difference (points)",
              show: (step) => points(step.effect),
              value: (step) => step.effect,
              number: true,
            },
            { name: "From", show: (step) => points(step.low), value: (step) => step.low, number: true },
            { name: "To", show: (step) => points(step.high), value: (step) => step.high, number: true },
          ]}
        />
      </section>
    </>
  );
}

/** Two versions on the same patients: what is known, how surely, and what would be done about it. */
export default function Experiment() {
  const [params, setParams] = useSearchParams();
  const modelType = params.get("type") ?? "diagnosis";
  const test = useApi<AbTest>("/models/ab-test", { model_type: modelType });
  const course = useApi<Course>("/models/ab-test/steps", { model_type: modelType });
  const plans = useApi<Plan[]>("/plans", { model_type: modelType });
  return (
    <div className="stack">
      <h1>Experiment</h1>
      <ModelType value={modelType} onChange={(type) => setParams({ type })} />
      <Shown
        answer={test}
        empty={(found) =>
          found.status === "none"
            ? `${found.message}. When a version passes its gate it is compared here, in shadow first.`
            : null
        }
      >
        {(found) => (
          <Shown answer={course}>
            {(steps) => <Comparison test={found} course={steps} plans={plans.data ?? []} />}
          </Shown>
        )}
      </Shown>
    </div>
  );
}
