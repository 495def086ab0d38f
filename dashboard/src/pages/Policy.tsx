import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Approval, Message, Policy as Version } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Confirm } from "../parts/Confirm";
import { DataTable } from "../parts/DataTable";
import { ago, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { When } from "../parts/When";

type Value = boolean | number | string | number[];

/** Every threshold by its name; what lies inside an object has a dotted one. */
const flat = (body: Record<string, unknown>, before = ""): [string, unknown][] =>
  Object.entries(body).flatMap(([name, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? flat(value as Record<string, unknown>, `${before}${name}.`)
      : [[before + name, value] as [string, unknown]],
  );

const sorted = (body: Record<string, unknown>) => flat(body).sort(([a], [b]) => a.localeCompare(b));

const told = (value: unknown): string =>
  Array.isArray(value) ? value.join(", ") : value === null || value === "" ? "none" : String(value);

/** What was typed, as the kind of value that stands there. */
const meant = (typed: string, standing: unknown): Value => {
  if (typeof standing === "boolean") return typed.trim() === "true";
  if (Array.isArray(standing)) return typed.split(",").map(Number);
  return typeof standing === "string" || Number.isNaN(Number(typed)) ? typed.trim() : Number(typed);
};

function Propose({ current }: { current: Version }) {
  const fields = sorted(current.body);
  const [name, setName] = useState(fields[0]?.[0] ?? "");
  const standing = fields.find(([one]) => one === name)?.[1];
  const [typed, setTyped] = useState("");
  const [asking, setAsking] = useState(false);
  const act = useAct<Message>("/policies", ["/policies", "/approvals"]);
  return (
    <section className="panel stack">
      <h2>Propose another value</h2>
      <form
        className="row end acts"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim()) setAsking(true);
        }}
      >
        <NativeSelect
          label="Threshold"
          value={name}
          data={fields.map(([one]) => ({ value: one, label: words(one) }))}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setTyped("");
          }}
        />
        <TextInput
          label={`Instead of ${told(standing)}`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Gated
          act="POST /policies"
          kind="plain"
          refused={typed.trim() ? undefined : "say the other value"}
          onClick={() => setAsking(true)}
        >
          Propose
        </Gated>
        {act.done && <span role="status">{act.done.message}</span>}
      </form>
      <Confirm
        open={asking}
        title={`Propose ${words(name)}: ${typed} instead of ${told(standing)}?`}
        effect="Nothing changes until a second person approves it; then every decision from that moment names the new version."
        act="Propose"
        reason
        busy={act.busy}
        error={act.error}
        onAct={(reason) =>
          void act.run({ changes: { [name]: meant(typed, standing) }, reason }).then(
            () => {
              setAsking(false);
              setTyped("");
            },
            () => undefined,
          )
        }
        onClose={() => {
          setAsking(false);
          act.reset();
        }}
      />
    </section>
  );
}

function Waiting({ approval }: { approval: Approval }) {
  const [yes, setYes] = useState<boolean | null>(null);
  const act = useAct<Approval>("/approvals", ["/approvals", "/policies", "/dashboard"]);
  const changes = Object.entries(approval.changes ?? {}).map(([name, pair]) => {
    const [before, after] = pair as [unknown, unknown];
    return `${words(name)}: ${told(before)} → ${told(after)}`;
  });
  return (
    <li className="stack tight">
      <p>
        <strong>{changes.join("; ")}</strong>, asked by {approval.maker} {ago(approval.created_at)}:{" "}
        {approval.reason}
      </p>
      <div className="row acts">
        <Gated act="POST /approvals" small onClick={() => setYes(true)}>
          Approve
        </Gated>
        <Gated act="POST /approvals" small kind="plain" onClick={() => setYes(false)}>
          Refuse
        </Gated>
      </div>
      <Confirm
        open={yes !== null}
        title={yes ? "Put this policy into force?" : "Refuse this policy?"}
        effect={yes ? `From now on ${changes.join("; ")}.` : "The policy in force stays as it is."}
        act={yes ? "Approve" : "Refuse"}
        reason
        busy={act.busy}
        error={act.error}
        onAct={(reason) =>
          void act.run({ approval_id: approval.approval_id, approve: yes, reason }).then(
            () => setYes(null),
            () => undefined,
          )
        }
        onClose={() => setYes(null)}
      />
    </li>
  );
}

function InForce({ versions }: { versions: Version[] }) {
  const current = versions.find((one) => one.current);
  if (!current) return null;
  return (
    <>
      <section className="panel">
        <DataTable
          caption={`In force: version ${current.version}, by ${current.created_by}, ${current.reason}`}
          file="policy"
          rows={sorted(current.body)}
          id={([name]) => name}
          columns={[
            { name: "Threshold", show: ([name]) => words(name) },
            { name: "Value", show: ([, value]) => told(value) },
          ]}
        />
      </section>
      <Propose current={current} />
      <section className="panel">
        <DataTable
          caption="Every version, newest first"
          file="policies"
          most={10}
          rows={versions}
          id={(one) => String(one.version)}
          columns={[
            { name: "Version", show: (one) => one.version, number: true },
            { name: "From", show: (one) => <When at={one.created_at} />, value: (one) => one.created_at },
            { name: "By", show: (one) => one.created_by },
            { name: "Why", show: (one) => one.reason },
          ]}
        />
      </section>
    </>
  );
}

/** The thresholds that every decision reads, and how two people change one. */
export default function Policy() {
  const versions = useApi<Version[]>("/policies");
  const waiting = useApi<Approval[]>("/approvals").data?.filter((one) => one.changes) ?? [];
  return (
    <div className="stack">
      <h1>Policy</h1>
      {waiting.length > 0 && (
        <section className="panel needs">
          <h2>Waits for a second person</h2>
          <ul className="stack plain-list">
            {waiting.map((approval) => (
              <Waiting key={approval.approval_id} approval={approval} />
            ))}
          </ul>
        </section>
      )}
      <Shown answer={versions} empty={(found) => (found.length ? null : "No policy is in force yet.")}>
        {(found) => <InForce versions={found} />}
      </Shown>
    </div>
  );
}
