import { NativeSelect } from "@mantine/core";
import { Link, Route, Routes, useSearchParams } from "react-router";
import type { Approval, Compared, PerformanceHistory, Version } from "../api/types";
import { useApi } from "../api/useApi";
import { Live } from "../charts/Live";
import { Changed } from "../parts/Changed";
import { DataTable } from "../parts/DataTable";
import { ago, points, words } from "../parts/format";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { scored } from "../parts/score";
import { When } from "../parts/When";
import { VersionPage } from "./VersionPage";

const METRICS: [string, (version: Version) => number | null | undefined][] = [
  ["Dice (%)", (version) => version.dice_estimate?.value],
  ["IoU (%)", (version) => version.iou_estimate?.value],
  ["Accuracy (%)", (version) => version.accuracy],
  ["Precision (%)", (version) => version.precision],
  ["Recall (%)", (version) => version.recall],
  ["F1 (%)", (version) => version.f1_score],
];
const difference = (found: Compared, of: (typeof METRICS)[number][1]): number | null => {
  const [a, b] = [of(found.model_a) ?? null, of(found.model_b) ?? null];
  return found.same_set && a !== null && b !== null ? b - a : null;
};

function Compare({ versions }: { versions: Version[] }) {
  const [params, setParams] = useSearchParams();
  const names = versions.map((version) => version.model_version);
  const a = params.get("a") ?? names[1] ?? "";
  const b = params.get("b") ?? names[0] ?? "";
  const compared = useApi<Compared>(a && b && a !== b ? "/models/compare" : null, {
    version_a: a,
    version_b: b,
  });
  const choose = (side: "a" | "b") => (event: React.ChangeEvent<HTMLSelectElement>) =>
    setParams({ a, b, [side]: event.currentTarget.value });
  if (names.length < 2) return null;
  return (
    <section className="panel stack">
      <h2>Compare two</h2>
      <div className="row">
        <NativeSelect label="This" value={a} data={names} onChange={choose("a")} />
        <NativeSelect label="With this" value={b} data={names} onChange={choose("b")} />
      </div>
      {a === b ? (
        <p className="dim">Choose two different versions.</p>
      ) : (
        <Shown answer={compared}>
          {(found) => (
            <>
              <p>
                <State of={found.same_set ? "ok" : "warning"}>
                  {found.same_set ? "one frozen set" : "not comparable"}
                </State>{" "}
                {found.message}.
                {!found.same_set && " Their figures stand side by side and are not subtracted."}
              </p>
              <DataTable
                caption={`${found.model_a.model_version} and ${found.model_b.model_version}`}
                file="comparison"
                rows={METRICS.filter(([, of]) => of(found.model_a) ?? of(found.model_b))}
                id={([name]) => name}
                columns={[
                  { name: "On the frozen set", show: ([name]) => name },
                  {
                    name: found.model_a.model_version,
                    show: ([, of]) => of(found.model_a) ?? "–",
                    number: true,
                  },
                  {
                    name: found.model_b.model_version,
                    show: ([, of]) => of(found.model_b) ?? "–",
                    number: true,
                  },
                  {
                    name: "Difference (points)",
                    number: true,
                    show: ([, of]) => points(difference(found, of)),
                  },
                ]}
              />
            </>
          )}
        </Shown>
      )}
      {a !== b && <Changed a={a} b={b} />}
    </section>
  );
}

/** How the versions in service do with patients, by the day of the answer. */
function InService({ modelType }: { modelType: string }) {
  const history = useApi<PerformanceHistory>("/performance/history", { model_type: modelType });
  return (
    <section className="panel stack">
      <h2>In service: validated answers by day</h2>
      <Shown
        answer={history}
        empty={(found) =>
          found.series.some((point) => point.accuracy) ? null : "No answer in service was validated yet."
        }
      >
        {(found) => <Live history={found} />}
      </Shown>
    </section>
  );
}

function Waiting() {
  const approvals = useApi<Approval[]>("/approvals").data?.filter((one) => !one.changes) ?? [];
  const versions = useApi<Version[]>("/models/available", { limit: 200 }).data ?? [];
  if (!approvals.length) return null;
  const named = (approval: Approval) =>
    versions.find((version) => version.id === approval.subject_id)?.model_version;
  return (
    <section className="panel needs">
      <h2>Waits for a second person</h2>
      <ul>
        {approvals.map((approval) => {
          const name = named(approval);
          return (
            <li key={approval.approval_id}>
              {name ? (
                <Link to={`/letters/${name}`}>Read the update letter of {name} and decide</Link>
              ) : (
                approval.subject_kind
              )}
              , asked by {approval.maker} {ago(approval.created_at)}: {approval.reason}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Registry() {
  const versions = useApi<Version[]>("/models/available", { limit: 200 });
  return (
    <div className="stack">
      <h1>Models</h1>
      <Waiting />
      <Shown
        answer={versions}
        empty={(found) => (found.length ? null : "No version exists yet; the first training makes one.")}
      >
        {(found) => (
          <>
            <section className="panel">
              <DataTable
                caption="Every version, newest first"
                file="versions"
                rows={found}
                id={(version) => version.id}
                chosen={(version) => version.is_active}
                columns={[
                  {
                    name: "Version",
                    show: (version) => (
                      <Link className="nowrap" to={`/models/${version.model_version}`}>
                        {version.model_version}
                      </Link>
                    ),
                    value: (version) => version.model_version,
                  },
                  { name: "Type", show: (version) => version.model_type },
                  {
                    name: "State",
                    show: (version) => <State of={version.state} />,
                    value: (version) => version.state,
                  },
                  {
                    name: "Right on its frozen set",
                    show: scored,
                  },
                  {
                    name: "Since",
                    show: (version) => <When at={version.state_since} />,
                    value: (version) => version.state_since,
                  },
                  { name: "Base", show: (version) => version.base_model },
                  {
                    name: "Can be deployed",
                    show: (version) => (version.deployable ? "yes" : words(version.why_not[0] ?? "no")),
                  },
                ]}
              />
            </section>
            <InService modelType={found[0]?.model_type ?? "diagnosis"} />
            <Compare versions={found} />
          </>
        )}
      </Shown>
    </div>
  );
}

/** The registry, and each version by its name. */
export default function Models() {
  return (
    <Routes>
      <Route index element={<Registry />} />
      <Route path=":name" element={<VersionPage />} />
    </Routes>
  );
}
