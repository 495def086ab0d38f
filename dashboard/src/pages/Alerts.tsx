import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { Alert, Receipt } from "../api/types";
import { useApi } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { Button } from "../parts/Button";
import { type Column, csv, download } from "../parts/DataTable";
import { ago, many, when, words } from "../parts/format";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { Silencing } from "./Silencing";

const CLAUSES = 3;
const RANK = ["critical", "warning", "info"];
const WAYS: Record<string, string> = { mailto: "mail", mailtos: "mail", json: "web hook" };

const COLUMNS: Column<Alert>[] = (
  ["opened_at", "kind", "severity", "state", "title", "body", "seen", "acknowledged_by"] as const
).map((name) => ({ name, show: (alert) => alert[name] }));

/** Alerts of one cause stand together, the worst cause first. */
const grouped = (alerts: Alert[]): [string, Alert[]][] => {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) groups.set(alert.kind, [...(groups.get(alert.kind) ?? []), alert]);
  const worst = (found: Alert[]) => Math.min(...found.map((alert) => RANK.indexOf(alert.severity)));
  return [...groups].sort(([, a], [, b]) => worst(a) - worst(b));
};

const told = (receipt: Receipt): string => {
  const kind = receipt.way === "no address" ? "an address that is gone" : (WAYS[receipt.way] ?? receipt.way);
  const way = `${kind} (way ${receipt.channel + 1})`;
  if (receipt.state === "sent") return `${way}: accepted ${when(receipt.sent_at)}`;
  if (receipt.error === "no_address") return "no address is configured: see ROUNDS_NOTIFY_URLS";
  const tries = many(receipt.attempts, "try", "tries");
  return receipt.state === "failed"
    ? `${way}: given up after ${tries}`
    : `${way}: ${tries} so far, next ${when(receipt.next_at)}`;
};

/** The words of an alert with its states as people say them. */
const said = (text: string): string =>
  text
    .replace(/\b([a-z0-9_]+)>([a-z0-9_]+)/g, (_, a, b) => `${words(a)} → ${words(b)}`)
    .replace(/\b(canary|rolled)_/g, "$1 ");

/** A body of many clauses begins with the first of them; the others open below. */
function Body({ text }: { text: string }) {
  const clauses = text.split("; ");
  if (clauses.length <= CLAUSES + 1) return <p dir="auto">{text}</p>;
  return (
    <>
      <p dir="auto">{clauses.slice(0, CLAUSES).join("; ")}</p>
      <details>
        <summary>{clauses.length - CLAUSES} more</summary>
        <ul>
          {clauses.slice(CLAUSES).map((clause) => (
            <li key={clause}>{clause}</li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Receipts({ alert }: { alert: Alert }) {
  if (!alert.receipts.length) return <p className="dim small">Told to nobody: its cause was silenced.</p>;
  return (
    <ul className="receipts small" aria-label={`Receipts: ${alert.title}`}>
      {alert.receipts.map((receipt) => (
        <li key={receipt.channel}>
          <State of={receipt.state === "sent" ? "ok" : receipt.state === "failed" ? "failed" : "queued"}>
            {receipt.state}
          </State>{" "}
          {told(receipt)}
        </li>
      ))}
    </ul>
  );
}

function One({ alert }: { alert: Alert }) {
  return (
    <li className="stack tight">
      <div className="row">
        <State of={alert.severity} />
        <State of={alert.state} />
        <strong dir="auto">{said(alert.title)}</strong>
      </div>
      <Body text={said(alert.body)} />
      <p className="dim small">
        opened {when(alert.opened_at)} ({ago(alert.opened_at)}), seen {many(alert.seen, "time")}
        {alert.acknowledged_by && `, acknowledged by ${alert.acknowledged_by} ${when(alert.acknowledged_at)}`}
        {alert.resolved_at && `, resolved ${when(alert.resolved_at)}`}
      </p>
      <Receipts alert={alert} />
      <div className="acts">
        <ActButton
          act="POST /alerts/{alert_id}/ack"
          path={`/alerts/${alert.id}/ack`}
          touches={["/alerts", "/dashboard"]}
          label={`Acknowledge: ${alert.title}`}
          small
          kind="plain"
          says="Kept."
          refused={alert.state === "open" ? undefined : `it is ${alert.state}`}
        >
          Acknowledge
        </ActButton>
      </div>
    </li>
  );
}

function Cause({ kind, alerts }: { kind: string; alerts: Alert[] }) {
  const quiet = alerts[0]?.silenced_until ?? null;
  return (
    <section className="panel stack" aria-labelledby={`cause-${kind}`}>
      <div className="row between">
        <h2 id={`cause-${kind}`}>
          {words(kind)} ({alerts.length})
        </h2>
        <Silencing kind={kind} until={quiet} />
      </div>
      <ul className="stack plain-list">
        {alerts.map((alert) => (
          <One key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  );
}

/** What a person should know, by cause; a test shows whether anybody would be told. */
export default function Alerts() {
  const [state, setState] = useState("");
  const alerts = useApi<Alert[]>("/alerts", { state: state || undefined });
  return (
    <div className="stack">
      <h1>Alerts</h1>
      <div className="row end">
        <NativeSelect
          label="In state"
          value={state}
          onChange={(event) => setState(event.currentTarget.value)}
          data={[{ value: "", label: "not resolved" }, "open", "acknowledged", "resolved"]}
        />
        <ActButton
          act="POST /alerts/test"
          touches={["/alerts"]}
          kind="plain"
          says="A test is on its way to every configured address; its receipts stand below."
        >
          Send a test alert
        </ActButton>
      </div>
      <Shown answer={alerts} empty={(found) => (found.length ? null : "No alert is in this state.")}>
        {(found) => (
          <>
            {grouped(found).map(([kind, several]) => (
              <Cause key={kind} kind={kind} alerts={several} />
            ))}
            <div className="acts">
              <Button small kind="plain" onClick={() => download("alerts.csv", csv(COLUMNS, found))}>
                CSV
              </Button>
            </div>
          </>
        )}
      </Shown>
    </div>
  );
}
