import { Link } from "react-router";
import type { Costs, Device, Forecast } from "../api/types";
import { useApi } from "../api/useApi";
import { DataTable } from "../parts/DataTable";
import { many, percent, points, span, when, whole, words } from "../parts/format";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

const gain = (found: Forecast): string =>
  found.gain_points === null
    ? "Too few versions exist to say what another training would bring."
    : `Another training now would bring about ${points(found.gain_points)} points of accuracy, at most ${points(found.at_most_points)} (95 %), by the curve of the versions below.`;

function Worth({ found }: { found: Forecast }) {
  return (
    <>
      <p>
        {gain(found)} {whole(found.eligible_cases)} cases are eligible, {whole(found.new_cases)} of them new.
      </p>
      <DataTable
        caption="What the versions of the past learnt from, and how they did"
        file="learning-curve"
        most={6}
        rows={found.past}
        id={(one) => `${one.cases} ${one.accuracy}`}
        columns={[
          { name: "Learnt from (cases)", show: (one) => whole(one.cases), number: true },
          { name: "Right on the frozen set", show: (one) => `${percent(one.accuracy)}, n ${whole(one.n)}` },
        ]}
      />
    </>
  );
}

const amount = (name: string, value: unknown): string => {
  if (value === null) return "not known";
  if (typeof value !== "number") return String(value);
  return name.endsWith("seconds") ? span(value) : Number(value.toPrecision(3)).toString();
};

/** Whether another training would be worth it, what trainings cost, and which devices are free. */
export function Outlook({ modelType }: { modelType: string }) {
  const forecast = useApi<Forecast>("/training/forecast", { model_type: modelType });
  const costs = useApi<Costs>("/costs", { model_type: modelType });
  const devices = useApi<Device[]>("/gpus");
  return (
    <div className="columns">
      <section className="panel stack">
        <h2>Would another be worth it?</h2>
        <Shown answer={forecast}>{(found) => <Worth found={found} />}</Shown>
      </section>
      <section className="panel stack">
        <h2>Cost and devices</h2>
        <Shown
          answer={costs}
          empty={(found) => (Object.keys(found.cost).length ? null : "Nothing was trained lately.")}
        >
          {(found) => (
            <DataTable
              caption={`Spent since ${when(found.since)}`}
              rows={Object.entries(found.cost)}
              id={([name]) => name}
              columns={[
                { name: "What", show: ([name]) => words(name) },
                { name: "How much", show: ([name, value]) => amount(name, value) },
              ]}
            />
          )}
        </Shown>
        <Shown
          answer={devices}
          empty={(found) => (found.length ? null : "No worker has told of its devices.")}
        >
          {(found) => (
            <DataTable
              caption={many(found.length, "device")}
              rows={found}
              id={(one) => one.device}
              columns={[
                { name: "Device", show: (one) => <code>{one.device}</code> },
                {
                  name: "State",
                  show: (one) => <State of={one.held ? "running" : "ok"}>{one.held ? "busy" : "free"}</State>,
                },
                {
                  name: "By",
                  show: (one) =>
                    one.job_id ? <Link to={`/training/${one.job_id}`}>{one.job_id.slice(-8)}</Link> : "–",
                },
              ]}
            />
          )}
        </Shown>
      </section>
    </div>
  );
}
