import { useSearchParams } from "react-router";
import { useMay } from "../api/session";
import type { Agreement as Found, Kappa, Validator } from "../api/types";
import { useApi } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { DataTable } from "../parts/DataTable";
import { points, whole, words } from "../parts/format";
import { ModelType } from "../parts/ModelType";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

const two = (value: number | null) => (value === null ? "–" : value.toFixed(2));
const kappa = (found: Kappa) =>
  found.kappa === null ? "too few" : `${two(found.kappa)} (${two(found.low)} to ${two(found.high)})`;

function Readers({ found }: { found: Found }) {
  const bias = found.automation_bias;
  const rows: [string, Kappa][] = [["all diagnoses", found.overall], ...Object.entries(found.by_label)];
  return (
    <>
      <DataTable
        caption="First and second readers: agreement beyond chance (kappa), with its 95 % interval"
        file="agreement"
        most={8}
        rows={rows}
        id={([label]) => label}
        columns={[
          { name: "Diagnosis", show: ([label]) => label },
          { name: "Read twice (n)", show: ([, one]) => whole(one.n), number: true },
          {
            name: "Alike (%)",
            show: ([, one]) => (one.n ? (100 * one.share).toFixed(0) : "–"),
            number: true,
          },
          { name: "Kappa", show: ([, one]) => kappa(one) },
        ]}
      />
      <p className="dim">
        {bias.difference === null
          ? `Whether the model's answer sways readers is not known yet: ${whole(bias.shown)} answers were given with it in view, ${whole(bias.blind)} blind.`
          : `With the model's answer in view readers agree with it ${(100 * bias.difference).toFixed(1)} points oftener than blind (${points(bias.low === null ? null : 100 * bias.low)} to ${points(bias.high === null ? null : 100 * bias.high)}; n ${whole(bias.shown)} in view, ${whole(bias.blind)} blind).`}
      </p>
    </>
  );
}

/** What depends on it is judged again. */
function Turn({ one, what }: { one: Validator; what: "qualified" | "active" }) {
  const word = `${one[what] ? "Not" : "Is"} ${what}`;
  return (
    <ActButton
      key={String(one[what])}
      act="POST /validators/{validator_id}"
      path={`/validators/${one.id}`}
      body={{ [what]: !one[what] }}
      touches={["/validators"]}
      small
      kind="plain"
      says="Kept."
      label={`${word}: ${one.name}`}
    >
      {word}
    </ActButton>
  );
}

function Validators({ rows }: { rows: Validator[] }) {
  const keeps = useMay("POST /validators/{validator_id}").may;
  return (
    <DataTable
      caption="Whose diagnoses may teach, and what is to be looked at"
      file="validators"
      most={8}
      rows={rows}
      id={(one) => one.id}
      columns={[
        { name: "Name", show: (one) => <span dir="auto">{one.name}</span>, value: (one) => one.name },
        { name: "Role", show: (one) => one.role },
        {
          name: "Counts",
          show: (one) => (
            <State of={one.qualified && one.active ? "ok" : "paused"}>
              {one.qualified ? (one.active ? "yes" : "not active") : "not qualified"}
            </State>
          ),
          value: (one) => (one.qualified && one.active ? "yes" : "no"),
        },
        {
          name: keeps ? "Change" : "Changed by stewards",
          show: (one) => (
            <span className="row">
              {keeps && <Turn one={one} what="qualified" />}
              {keeps && <Turn one={one} what="active" />}
            </span>
          ),
          value: () => "",
        },
        {
          name: "Findings",
          show: (one) =>
            one.findings.map((finding) => `${words(finding.kind)} (n ${finding.n})`).join("; ") || "none",
        },
      ]}
    />
  );
}

/** How far two readers of one case agree, and whether the model's answer sways them. */
export function Agreement() {
  const [params, setParams] = useSearchParams();
  const modelType = params.get("type") ?? "diagnosis";
  const found = useApi<Found>("/validations/agreement", { model_type: modelType });
  const validators = useApi<Validator[]>("/validators");
  return (
    <section className="panel stack">
      <h2>How readers agree</h2>
      <ModelType value={modelType} onChange={(type) => setParams({ type })} />
      <Shown answer={found}>{(one) => <Readers found={one} />}</Shown>
      <Shown
        answer={validators}
        empty={(rows) => (rows.length ? null : "Nobody is registered as a validator.")}
      >
        {(rows) => <Validators rows={rows} />}
      </Shown>
    </section>
  );
}
