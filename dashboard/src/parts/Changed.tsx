import { Link } from "react-router";
import { useSession } from "../api/session";
import type { ChangedAnswers, ChangedCase } from "../api/types";
import { useApi } from "../api/useApi";
import { DataTable } from "./DataTable";
import { percent, points, whole, words } from "./format";
import { Shown } from "./Shown";
import { State } from "./State";

const share = (n: number, of: number) => (of ? (100 * n) / of : null);

function Verdict({ one, found }: { one: ChangedCase; found: ChangedAnswers }) {
  const by = { model_a: found.model_a, model_b: found.model_b }[one.better];
  if (!by) return <State of="waiting">both wrong</State>;
  return <State of={one.better === "model_b" ? "ok" : "failed"}>{`${by} is right`}</State>;
}

function Cases({ found, most }: { found: ChangedAnswers; most: number }) {
  const { session } = useSession();
  const reads = session?.roles.some((role) => role === "clinician" || role === "steward") ?? false;
  return (
    <DataTable
      caption={`Changed answers, first those that get worse with ${found.model_b}`}
      file={`changed-${found.model_a}-${found.model_b}`}
      most={most}
      rows={found.cases}
      id={(one) => one.case_id}
      columns={[
        {
          name: "Case",
          show: (one) =>
            reads ? <Link to={`/cases/${one.case_id}`}>{one.case_id.slice(-8)}</Link> : one.case_id.slice(-8),
          value: (one) => one.case_id,
        },
        { name: "Validated as", show: (one) => one.truth },
        {
          name: found.model_a,
          show: (one) => `${one.label_a} (${percent(100 * one.confidence_a, 0)})`,
        },
        {
          name: found.model_b,
          show: (one) => `${one.label_b} (${percent(100 * one.confidence_b, 0)})`,
        },
        {
          name: "So",
          show: (one) => <Verdict one={one} found={found} />,
          value: (one) => words(one.better),
        },
      ]}
    />
  );
}

function Groups({ found, most }: { found: ChangedAnswers; most: number }) {
  const shift = (one: ChangedAnswers["groups"][number]) =>
    (share(one.right_b, one.n) ?? 0) - (share(one.right_a, one.n) ?? 0);
  return (
    <DataTable
      caption="By group, the largest fall first"
      file={`groups-${found.model_a}-${found.model_b}`}
      most={most}
      rows={[...found.groups].sort((a, b) => shift(a) - shift(b))}
      id={(one) => `${one.attribute} ${one.name}`}
      columns={[
        { name: "Group", show: (one) => `${words(one.attribute)}: ${one.name}` },
        { name: "Cases (n)", show: (one) => whole(one.n), number: true },
        {
          name: `${found.model_a} right (%)`,
          show: (one) => share(one.right_a, one.n)?.toFixed(0),
          number: true,
        },
        {
          name: `${found.model_b} right (%)`,
          show: (one) => share(one.right_b, one.n)?.toFixed(0),
          number: true,
        },
        { name: "Difference (points)", show: (one) => points(shift(one), 0), number: true },
      ]}
    />
  );
}

/** What the second version answers otherwise than the first, in numbers, by group and case by case. */
export function Changed({ a, b, most = 10 }: { a: string; b: string; most?: number }) {
  const answer = useApi<ChangedAnswers>("/models/compare/answers", { version_a: a, version_b: b });
  return (
    <Shown
      answer={answer}
      empty={(found) => (found.n ? null : `No changed answers to show: ${found.message}.`)}
    >
      {(found) => (
        <>
          <p>
            Of {whole(found.n)} cases both get {whole(found.both_right)} right and{" "}
            {whole(found.neither_right)} wrong. {found.model_b} gets{" "}
            <strong>{whole(found.only_b_right)}</strong> right that {found.model_a} got wrong, and{" "}
            <strong>{whole(found.only_a_right)}</strong> wrong that {found.model_a} got right.
          </p>
          <Groups found={found} most={most} />
          {found.cases.length ? <Cases found={found} most={most} /> : <p>No answer differs.</p>}
        </>
      )}
    </Shown>
  );
}
