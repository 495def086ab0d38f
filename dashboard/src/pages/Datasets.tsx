import { NativeSelect } from "@mantine/core";
import { Link, Route, Routes, useParams, useSearchParams } from "react-router";
import { BASE } from "../api/client";
import { useMay } from "../api/session";
import type { Dataset, Job } from "../api/types";
import { useApi } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { DataTable } from "../parts/DataTable";
import { percent, points, when, whole, words } from "../parts/format";
import { Shown } from "../parts/Shown";

interface Shift {
  name: string;
  before: number;
  after: number;
  attribute?: string;
}

interface Difference {
  before: string;
  after: string;
  cases: { before: number; after: number };
  added: number;
  changed_side: number;
  relabelled: number;
  removed: Record<string, number>;
  relabels: { from: string; to: string; n: number }[];
  labels: Shift[];
  sources: Shift[];
  subgroups: Record<string, Shift[]>;
  leakage: Record<string, number>;
}

const share = (n: number, whole: number) => (whole ? (100 * n) / whole : 0);

function Shifts({ caption, rows, cases }: { caption: string; rows: Shift[]; cases: Difference["cases"] }) {
  const shift = (one: Shift) => share(one.after, cases.after) - share(one.before, cases.before);
  const sorted = [...rows].sort((a, b) => Math.abs(shift(b)) - Math.abs(shift(a)));
  return (
    <DataTable
      caption={`${caption}, the biggest shift first`}
      file={caption}
      rows={sorted}
      id={(one) => `${one.attribute ?? ""} ${one.name}`}
      columns={[
        { name: "Which", show: (one) => one.name },
        { name: "Before (n)", show: (one) => whole(one.before), number: true },
        { name: "After (n)", show: (one) => whole(one.after), number: true },
        { name: "Shift (points)", show: (one) => points(shift(one)), number: true },
      ]}
    />
  );
}

function Changes({ found }: { found: Difference }) {
  const leaks = Object.entries(found.leakage).filter(([, n]) => n > 0);
  return (
    <section className="panel stack">
      <h2>
        From {found.before} to {found.after}
      </h2>
      <ul>
        <li>{whole(found.added)} cases came.</li>
        <li>
          {whole(Object.values(found.removed).reduce((sum, n) => sum + n, 0))} went
          {Object.entries(found.removed).map(([state, n]) => `, ${whole(n)} as ${words(state)}`)}.
        </li>
        <li>
          {whole(found.relabelled)} have another label
          {found.relabels.slice(0, 5).map((one) => `; ${one.from} → ${one.to}: ${one.n}`)}.
        </li>
        <li>{whole(found.changed_side)} changed their side.</li>
        <li>
          {leaks.length
            ? leaks.map(([where, n]) => `${n} persons on both sides (${words(where)})`).join(", ")
            : "No person is on both sides."}
        </li>
      </ul>
      <div className="columns">
        <Shifts caption="Labels" rows={found.labels} cases={found.cases} />
        <Shifts caption="Sources" rows={found.sources} cases={found.cases} />
        {Object.entries(found.subgroups).map(([attribute, rows]) => (
          <Shifts key={attribute} caption={words(attribute)} rows={rows} cases={found.cases} />
        ))}
      </div>
    </section>
  );
}

function Compare({ sets }: { sets: Dataset[] }) {
  const [params, setParams] = useSearchParams();
  const names = sets.map((one) => one.dataset_version);
  const before = params.get("before") ?? sets[0]?.parent ?? names[1] ?? "";
  const after = params.get("after") ?? names[0] ?? "";
  const different = before && after && before !== after;
  const diff = useApi<Difference>(different ? `/datasets/${before}/diff/${after}` : null);
  if (names.length < 2) return null;
  return (
    <>
      <section className="panel row">
        <NativeSelect
          label="Before"
          value={before}
          data={names}
          onChange={(event) => setParams({ before: event.currentTarget.value, after })}
        />
        <NativeSelect
          label="After"
          value={after}
          data={names}
          onChange={(event) => setParams({ before, after: event.currentTarget.value })}
        />
      </section>
      {different ? (
        <Shown answer={diff}>{(found) => <Changes found={found} />}</Shown>
      ) : (
        <p className="dim">Choose two different versions.</p>
      )}
    </>
  );
}

/** What the API gives where nobody says how many; `rounds dataset list` has all. */
const PAGE = 50;

function Line() {
  const sets = useApi<Dataset[]>("/datasets");
  return (
    <div className="stack">
      <h1>Datasets</h1>
      <div className="row">
        <ActButton
          act="POST /datasets"
          body={{ model_type: "diagnosis" }}
          touches={["/datasets"]}
          kind="plain"
        >
          Seal what may be learnt from now
        </ActButton>
      </div>
      <Shown
        answer={sets}
        empty={(found) =>
          found.length ? null : "Nothing is sealed yet; a training seals what it learns from."
        }
      >
        {(found) => (
          <>
            <section className="panel">
              <DataTable
                caption={`${found.length < PAGE ? "Sealed versions" : `The newest ${PAGE} sealed versions`}, newest first`}
                file="datasets"
                rows={found}
                id={(one) => one.dataset_version}
                columns={[
                  {
                    name: "Version",
                    show: (one) => <Link to={`/datasets/${one.dataset_version}`}>{one.dataset_version}</Link>,
                    value: (one) => one.dataset_version,
                  },
                  { name: "After", show: (one) => one.parent ?? "–" },
                  { name: "Sealed", show: (one) => when(one.sealed_at), value: (one) => one.sealed_at },
                  { name: "Training (n)", show: (one) => whole(one.training), number: true },
                  { name: "Evaluation (n)", show: (one) => whole(one.evaluation), number: true },
                  { name: "Policy", show: (one) => one.policy_version, number: true },
                  {
                    name: "Root",
                    show: (one) => <code>{one.sha256.slice(0, 12)}</code>,
                    value: (one) => one.sha256,
                  },
                ]}
              />
            </section>
            <Compare sets={found} />
          </>
        )}
      </Shown>
    </div>
  );
}

function Version() {
  const { name = "" } = useParams();
  const found = useApi<Dataset>(`/datasets/${name}`);
  const jobs = useApi<Job[]>("/training/jobs", { limit: 200 }).data ?? [];
  const users = jobs.filter((job) => job.dataset_version === name && job.model_version);
  const steward = useMay("POST /cases/collect");
  return (
    <div className="stack">
      <p>
        <Link to="/datasets">All versions</Link>
      </p>
      <h1>{name}</h1>
      <Shown answer={found}>
        {(one) => (
          <>
            <section className="panel">
              <p>
                Sealed {when(one.sealed_at)} by {one.sealed_by} under policy {one.policy_version}. Root{" "}
                <code>{one.sha256}</code>.
              </p>
              <p>
                {whole(one.training)} cases to learn from, {whole(one.evaluation)} to be judged by
                {one.parent && (
                  <>
                    ;{" "}
                    <Link to={`/datasets?before=${one.parent}&after=${one.dataset_version}`}>
                      what changed since {one.parent}
                    </Link>
                  </>
                )}
                .
              </p>
              <p>
                Learnt from by{" "}
                {users.length
                  ? users.map((job) => (
                      <Link key={job.job_id} to={`/models/${job.model_version}`}>
                        {job.model_version}{" "}
                      </Link>
                    ))
                  : "no version yet"}
                .
              </p>
              <p className="acts">
                {steward.may ? (
                  <>
                    Export as{" "}
                    {["jsonl", "chat", "alpaca", "csv"].map((kind) => (
                      <a
                        key={kind}
                        className="nowrap"
                        href={`${BASE}/cases/export?dataset_version=${encodeURIComponent(one.dataset_version)}&format=${kind}`}
                      >
                        {kind}{" "}
                      </a>
                    ))}
                  </>
                ) : (
                  <span className="dim">Exporting is for stewards: {steward.why}.</span>
                )}
              </p>
            </section>
            <section className="panel">
              <DataTable
                caption="Labels"
                file={`${one.dataset_version}-labels`}
                rows={Object.entries(one.labels)}
                id={([label]) => label}
                columns={[
                  { name: "Label", show: ([label]) => label },
                  { name: "Cases (n)", show: ([, n]) => whole(n), number: true },
                  {
                    name: "Share",
                    show: ([, n]) => percent(share(n, one.training + one.evaluation)),
                    number: true,
                  },
                ]}
              />
            </section>
          </>
        )}
      </Shown>
    </div>
  );
}

/** What models learnt from: a line of sealed versions, each and the difference of two. */
export default function Datasets() {
  return (
    <Routes>
      <Route index element={<Line />} />
      <Route path=":name" element={<Version />} />
    </Routes>
  );
}
