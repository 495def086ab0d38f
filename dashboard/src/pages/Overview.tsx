import { useState } from "react";
import { Link } from "react-router";
import type { AbTest, Alert, Approval, Dataset, Overview as Facts, Health, Version } from "../api/types";
import { useApi } from "../api/useApi";
import { DataTable } from "../parts/DataTable";
import { span, when, whole } from "../parts/format";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { scored } from "../parts/score";
import { lastVisit, type Need, needOf, since } from "./overview.needs";
import { stations } from "./overview.stations";
import { Ring } from "./Ring";

function NeedCard({ need }: { need: Need | null }) {
  if (!need) {
    return (
      <section className="panel needs" aria-labelledby="need">
        <h2 id="need">Nothing needs you</h2>
        <p className="dim">No alert is open, nobody is waited for, every part answers.</p>
      </section>
    );
  }
  return (
    <section className={`panel needs ${need.bad ? "bad" : ""}`} aria-labelledby="need">
      <h2 id="need">{need.title}</h2>
      <p>{need.why}</p>
      <Link to={need.to}>{need.act}</Link>
    </section>
  );
}

const toldValue = (name: string, value: unknown): string => {
  if (typeof value === "number")
    return name.endsWith("_bytes") ? `${whole(Math.round(value / 1e9))} GB` : whole(value);
  if (value === null || typeof value !== "object") return String(value);
  const held = Object.entries(value).filter(([, one]) => one !== 0);
  return held.length ? held.map(([one, more]) => `${one} ${toldValue(one, more)}`).join(" ") : "empty";
};

const detailOf = (detail: Record<string, unknown>): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name.replace(/_bytes$/, "").replaceAll("_", " ")}: ${toldValue(name, value)}`)
    .join(", ");

function Parts({ health }: { health: Health }) {
  return (
    <section className="panel" id="parts">
      <DataTable
        caption={`Parts, as of ${when(health.checked_at)}`}
        file="parts"
        rows={health.parts}
        id={(part) => part.name}
        columns={[
          { name: "Part", show: (part) => part.name },
          { name: "State", show: (part) => <State of={part.state} />, value: (part) => part.state },
          {
            name: "Last heard",
            show: (part) => (part.age_seconds === null ? "–" : `${span(part.age_seconds)} ago`),
          },
          { name: "How many", show: (part) => whole(part.count), number: true },
          {
            name: "Details",
            show: (part) => <span className="dim small">{detailOf(part.detail)}</span>,
            value: (part) => detailOf(part.detail),
          },
        ]}
      />
    </section>
  );
}

function InService({ models }: { models: Version[] }) {
  if (!models.length)
    return (
      <section className="panel dim">
        No version is live yet: the first that passes its gate goes live by itself.
      </section>
    );
  return (
    <section className="panel">
      <DataTable
        caption="In service"
        rows={models}
        id={(version) => version.id}
        columns={[
          { name: "Model type", show: (version) => version.model_type },
          {
            name: "Version",
            show: (version) => <Link to={`/models/${version.model_version}`}>{version.model_version}</Link>,
          },
          { name: "Right on the frozen set", show: scored },
          { name: "Live since", show: (version) => when(version.deployed_at) },
        ]}
      />
    </section>
  );
}

function Start() {
  return (
    <section className="panel">
      <h2>Three steps to a first case</h2>
      <ol>
        <li>
          <code>rounds source add clinic --kind sql --url …</code> names where cases come from;{" "}
          <code>rounds source test clinic</code> counts what would come.
        </li>
        <li>
          <code>rounds collect</code> collects now; every night at 01:00 it happens by itself.
        </li>
        <li>
          Open <Link to="/cases">Cases</Link> and validate what waits.
        </li>
      </ol>
    </section>
  );
}

/** The site at a glance: what needs somebody, where everything stands, what changed since the last visit. */
export function Overview() {
  const [then] = useState(lastVisit);
  const overview = useApi<Facts>("/dashboard/overview");
  const alerts = useApi<Alert[]>("/alerts");
  const approvals = useApi<Approval[]>("/approvals");
  const test = useApi<AbTest>("/models/ab-test");
  const datasets = useApi<Dataset[]>("/datasets");
  return (
    <div className="stack">
      <h1>Overview</h1>
      <Shown answer={overview}>
        {(found) => {
          const facts = {
            overview: found,
            alerts: alerts.data ?? [],
            approvals: approvals.data ?? [],
            test: test.data,
          };
          return (
            <>
              {!found.collection.total_cases && <Start />}
              <NeedCard need={needOf(facts)} />
              <section className="panel">
                <Ring stations={stations(found, datasets.data ?? [], test.data)} />
              </section>
              {then && (
                <section className="panel">
                  <h2>Since your last visit, {when(then)}</h2>
                  <ul>
                    {since(then, facts).map((sentence) => (
                      <li key={sentence}>{sentence}</li>
                    ))}
                  </ul>
                </section>
              )}
              <InService models={found.active_models} />
              <Parts health={found.system_health} />
            </>
          );
        }}
      </Shown>
    </div>
  );
}
