import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Overview, Run, Source, Withdrawal } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { Confirm } from "../parts/Confirm";
import { DataTable } from "../parts/DataTable";
import { ago, many, when, whole, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { When } from "../parts/When";

const reasons = (found: Record<string, number>): string =>
  Object.entries(found)
    .map(([reason, n]) => `${words(reason)} ${n}`)
    .join(", ") || "none";

/** Reads a source and keeps nothing: what would come, by the rule that lets it in or holds it. */
function Try({ source }: { source: string }) {
  const act = useAct<{ run_id: string }>(`/sources/${source}/test`, ["/runs"]);
  const run = useApi<Run>(act.done ? `/runs/${act.done.run_id}` : null).data;
  return (
    <span className="row">
      <Gated
        act="POST /sources/{name}/test"
        small
        kind="plain"
        label={`Try: ${source}`}
        busy={act.busy}
        onClick={() => void act.run().catch(() => undefined)}
      >
        Try
      </Gated>
      {act.error && <span role="alert">{act.error.message}</span>}
      {act.done && (
        <span role="status" className="small">
          {run?.collected === null || !run
            ? "reading…"
            : `${many(run.rows, "row")}, ${many(run.collected, "case")} would come; refused: ${reasons(run.refused)}; to review: ${reasons(run.review)}`}
        </span>
      )}
    </span>
  );
}

function Sources() {
  const sources = useApi<Source[]>("/sources");
  return (
    <Shown
      answer={sources}
      empty={(found) => (found.length ? null : "No source is set up: `rounds source add` names one.")}
    >
      {(found) => (
        <DataTable
          caption="Where cases come from"
          most={8}
          rows={found}
          id={(one) => one.id}
          columns={[
            { name: "Source", show: (one) => one.source },
            { name: "Kind", show: (one) => one.kind },
            { name: "Teaches", show: (one) => one.model_type },
            {
              name: "State",
              show: (one) => <State of={one.enabled ? "ok" : "paused"}>{one.enabled ? "on" : "off"}</State>,
            },
            {
              name: "Now",
              show: (one) => (
                <span className="row">
                  <Try source={one.source} />
                  <ActButton
                    act="POST /cases/collect"
                    body={{ source: one.source }}
                    touches={["/cases", "/dashboard"]}
                    small
                    kind="plain"
                    label={`Collect now: ${one.source}`}
                    refused={one.enabled ? undefined : "it is off"}
                  >
                    Collect now
                  </ActButton>
                </span>
              ),
            },
          ]}
        />
      )}
    </Shown>
  );
}

function Withdraw() {
  const [person, setPerson] = useState("");
  const [asking, setAsking] = useState(false);
  const act = useAct<Withdrawal>("/withdrawals", ["/withdrawals", "/cases", "/models", "/dashboard"]);
  return (
    <>
      <form
        className="row end acts"
        onSubmit={(event) => {
          event.preventDefault();
          if (person.trim()) setAsking(true);
        }}
      >
        <TextInput
          label="Record number or opaque id of the person"
          value={person}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setPerson(event.currentTarget.value)}
        />
        <Gated
          act="POST /withdrawals"
          kind="plain"
          refused={person.trim() ? undefined : "name the person"}
          onClick={() => setAsking(true)}
        >
          Take the consent back
        </Gated>
      </form>
      {act.done && (
        <p role="status">
          {many(act.done.cases, "case")} left every future data set; {many(act.done.models.length, "version")}{" "}
          that learnt from them {act.done.models.length === 1 ? "is" : "are"} marked.
        </p>
      )}
      <Confirm
        open={asking}
        title="Take this person's consent back?"
        effect="The person's cases leave every future data set; what learnt from them is listed and marked. It cannot be undone here: cases of this person never come back by themselves."
        act="Take it back"
        reason
        dangerous
        busy={act.busy}
        error={act.error}
        onAct={(cause) =>
          void act.run({ person: person.trim(), cause }).then(
            () => {
              setAsking(false);
              setPerson("");
            },
            () => undefined,
          )
        }
        onClose={() => {
          setAsking(false);
          act.reset();
        }}
      />
    </>
  );
}

function Withdrawals() {
  const found = useApi<Withdrawal[]>("/withdrawals");
  return (
    <>
      <Withdraw />
      <Shown answer={found} empty={(rows) => (rows.length ? null : "Nobody has taken a consent back.")}>
        {(rows) => (
          <DataTable
            caption="Consents taken back"
            file="withdrawals"
            most={8}
            rows={rows}
            id={(one) => one.withdrawal_id}
            columns={[
              { name: "At", show: (one) => <When at={one.at} />, value: (one) => one.at },
              { name: "Why", show: (one) => one.cause },
              { name: "Cases (n)", show: (one) => whole(one.cases), number: true },
              { name: "Versions that had learnt from them", show: (one) => one.models.join(", ") || "none" },
              { name: "Remedy", show: (one) => words(one.remedy ?? "none needed") },
              { name: "By", show: (one) => one.requested_by },
              {
                name: "Certificate",
                show: (one) => <a href={one.certificate}>open</a>,
                value: (one) => one.certificate,
              },
            ]}
          />
        )}
      </Shown>
    </>
  );
}

/** Where cases come from and how they leave again, for those who keep them. */
export function Collection() {
  const last = useApi<Overview>("/dashboard/overview").data?.collection;
  return (
    <section className="panel stack">
      <h2>Collection and consent</h2>
      {last && (
        <p className="dim">
          Last collection{" "}
          {last.last_run
            ? `${ago(last.last_run.ended_at)}, ${words(last.last_run.status)}, ${many(last.last_run.collected, "case")}`
            : "never"}
          ; next {when(last.next_run)}.
        </p>
      )}
      <Sources />
      <Withdrawals />
    </section>
  );
}
