import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { Alert } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Button } from "../parts/Button";
import { type Column, csv, download } from "../parts/DataTable";
import { ago, many, when, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

const RANK = ["critical", "warning", "info"];

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

function One({ alert }: { alert: Alert }) {
  const act = useAct<Alert>(`/alerts/${alert.id}/ack`, ["/alerts", "/dashboard"]);
  const refused = alert.state === "open" ? undefined : `it is ${alert.state}`;
  return (
    <li className="stack">
      <div className="row">
        <State of={alert.severity} />
        <State of={alert.state} />
        <strong dir="auto">{alert.title}</strong>
      </div>
      <p dir="auto">{alert.body}</p>
      <p className="dim small">
        opened {when(alert.opened_at)} ({ago(alert.opened_at)}), seen {many(alert.seen, "time")}
        {alert.acknowledged_by && `, acknowledged by ${alert.acknowledged_by} ${when(alert.acknowledged_at)}`}
        {alert.resolved_at && `, resolved ${when(alert.resolved_at)}`}
      </p>
      <div className="row acts">
        <Gated
          act="POST /alerts/{alert_id}/ack"
          label={`Acknowledge: ${alert.title}`}
          small
          kind="plain"
          refused={refused}
          onClick={() => void act.run().catch(() => undefined)}
        >
          Acknowledge
        </Gated>
        {act.error && <span role="alert">{act.error.message}</span>}
      </div>
    </li>
  );
}

/** What a person should know, by cause; a test shows whether anybody would be told. */
export default function Alerts() {
  const [state, setState] = useState("");
  const alerts = useApi<Alert[]>("/alerts", { state: state || undefined });
  const test = useAct<Alert>("/alerts/test", ["/alerts"]);
  return (
    <div className="stack">
      <h1>Alerts</h1>
      <div className="row">
        <NativeSelect
          label="In state"
          value={state}
          onChange={(event) => setState(event.currentTarget.value)}
          data={[{ value: "", label: "not resolved" }, "open", "acknowledged", "resolved"]}
        />
        <Gated act="POST /alerts/test" kind="plain" onClick={() => void test.run().catch(() => undefined)}>
          Send a test alert
        </Gated>
        {test.done && <span role="status">A test is on its way to every configured address.</span>}
        {test.error && <span role="alert">{test.error.message}</span>}
      </div>
      <Shown answer={alerts} empty={(found) => (found.length ? null : "No alert is in this state.")}>
        {(found) => (
          <>
            {grouped(found).map(([kind, several]) => (
              <section key={kind} className="panel">
                <h2>
                  {words(kind)} ({several.length})
                </h2>
                <ul className="stack">
                  {several.map((alert) => (
                    <One key={alert.id} alert={alert} />
                  ))}
                </ul>
              </section>
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
