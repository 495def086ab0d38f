import { TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import type { AuditEvent, AuditProof, Plan } from "../api/types";
import { useApi } from "../api/useApi";
import { Button } from "../parts/Button";
import { DataTable } from "../parts/DataTable";
import { browserZone, many, siteNow, when, whole, words } from "../parts/format";
import { ModelType } from "../parts/ModelType";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { When } from "../parts/When";
import { Emergencies } from "./Emergencies";

const DAY_MS = 86_400_000;
const LINE = 120; // characters of an event's details that stand in its row
const local = (at: Date): string =>
  new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function TimeMachine() {
  const [params, setParams] = useSearchParams();
  const modelType = params.get("type") ?? "diagnosis";
  const asked = params.get("at");
  const [now] = useState(() => new Date(siteNow()));
  const at = asked ? new Date(asked) : now;
  const good = !Number.isNaN(at.getTime());
  const plans = useApi<Plan[]>(good ? "/plans" : null, {
    model_type: modelType,
    at: good ? at.toISOString() : "",
  });
  const go = (next: Date) => setParams({ type: modelType, at: next.toISOString() });
  return (
    <section className="panel stack">
      <h2>Time machine</h2>
      <ModelType value={modelType} onChange={(type) => setParams({ type, at: at.toISOString() })} />
      <div className="row acts">
        <Button kind="plain" onClick={() => go(new Date(at.getTime() - DAY_MS))}>
          A day back
        </Button>
        <TextInput
          label={`At (${browserZone})`}
          type="datetime-local"
          value={good ? local(at) : ""}
          max={local(now)}
          onChange={(event) => event.currentTarget.value && go(new Date(event.currentTarget.value))}
        />
        <Button kind="plain" onClick={() => go(new Date(Math.min(at.getTime() + DAY_MS, now.getTime())))}>
          A day on
        </Button>
      </div>
      <Shown
        answer={plans}
        empty={(found) => (found.length ? null : `Nothing answered patients at ${when(at.toISOString())}.`)}
      >
        {([plan]) =>
          plan && (
            <ul aria-label="What was live">
              <li>
                At {when(at.toISOString())} <strong>{plan.champion}</strong> was live, digest{" "}
                <code>{plan.champion_digest}</code>.
              </li>
              <li>
                {plan.challenger
                  ? `${plan.challenger} answered ${plan.challenger_percent} % of persons${plan.shadow ? " and all others silently" : ""}.`
                  : "No other version answered anybody."}
              </li>
              <li>
                By plan {plan.plan_version}, in force from {when(plan.effective_at)}, written by {plan.actor}:{" "}
                {plan.reason}.
              </li>
            </ul>
          )
        }
      </Shown>
    </section>
  );
}

function Proof() {
  const [asked, setAsked] = useState(false);
  const proof = useApi<AuditProof>(asked ? "/audit/verify" : null);
  return (
    <section className="panel stack">
      <h2>Is it as it was written?</h2>
      {!asked && (
        <div>
          <Button kind="plain" onClick={() => setAsked(true)}>
            Verify
          </Button>
        </div>
      )}
      {asked && (
        <Shown answer={proof}>
          {(found) => (
            <>
              <p role="status">
                <State of={found.holds ? "ok" : "failed"}>
                  {found.holds ? "it holds" : "it does not hold"}
                </State>{" "}
                {found.holds ? "Every event is as it was sealed." : `${whole(found.fault_count)} faults:`}
              </p>
              <ul>
                {found.faults.map((fault) => (
                  <li key={fault}>{fault}</li>
                ))}
              </ul>
            </>
          )}
        </Shown>
      )}
    </section>
  );
}

const brief = (value: unknown): string =>
  Array.isArray(value)
    ? many(value.length, "entry", "entries")
    : value !== null && typeof value === "object"
      ? Object.entries(value)
          .map(([name, one]) => `${words(name)} ${brief(one)}`)
          .join(", ")
      : words(String(value));

/** What an event says of itself in a line; the whole of it opens below. */
function Details({ details }: { details: Record<string, unknown> }) {
  const line = brief(details);
  if (JSON.stringify(details).length <= 2 * LINE && !line.includes("entr"))
    return <span className="small">{line}</span>;
  return (
    <details className="small">
      <summary>{line.length > LINE ? `${line.slice(0, LINE)}…` : line}</summary>
      <code>{JSON.stringify(details)}</code>
    </details>
  );
}

function Trail() {
  const [word, setWord] = useState("");
  const [day, setDay] = useState(() => local(new Date(siteNow() - 7 * DAY_MS)).slice(0, 10));
  const events = useApi<AuditEvent[]>("/audit", { from: new Date(`${day}T00:00`).toISOString(), limit: 200 });
  const found = useMemo(
    () =>
      (events.data ?? []).filter((event) => JSON.stringify(event).toLowerCase().includes(word.toLowerCase())),
    [events.data, word],
  );
  return (
    <section className="panel stack">
      <h2>Who did what</h2>
      <div className="row acts">
        <TextInput
          label="From"
          type="date"
          value={day}
          onChange={(event) => event.currentTarget.value && setDay(event.currentTarget.value)}
        />
        <TextInput
          label="With the word"
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
      </div>
      <Shown answer={events} empty={(all) => (all.length ? null : "Nothing was done since.")}>
        {() => (
          <DataTable
            caption={`${whole(found.length)} of the first 200 events since, oldest first`}
            file="audit"
            most={40}
            rows={found}
            id={(event) => String(event.seq)}
            columns={[
              { name: "No.", show: (event) => event.seq, number: true },
              { name: "At", show: (event) => <When at={event.at} />, value: (event) => event.at },
              { name: "Who", show: (event) => event.actor },
              { name: "Did", show: (event) => words(event.act) },
              {
                name: "To",
                show: (event) => `${words(event.subject_kind)} ${event.subject_id.slice(-8)}`,
                value: (event) => `${event.subject_kind} ${event.subject_id}`,
              },
              {
                name: "Details",
                show: (event) => <Details details={event.details} />,
                value: (event) => JSON.stringify(event.details),
              },
            ]}
          />
        )}
      </Shown>
    </section>
  );
}

/** What was live at any instant, who did what, and whether the record is whole. */
export default function Audit() {
  return (
    <div className="stack">
      <h1>Audit</h1>
      <TimeMachine />
      <Proof />
      <Trail />
      <Emergencies />
    </div>
  );
}
