import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Emergency } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { DataTable } from "../parts/DataTable";
import { when, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { When } from "../parts/When";

/** Taking it is loud: every way of the alerts tells of it, and somebody else reviews it. */
function Take() {
  const [wish, setWish] = useState({ why: "", code: "" });
  const act = useAct<Emergency>("/session/emergency", ["/emergencies", "/alerts"]);
  const ready = wish.why.trim() && wish.code.trim();
  const say = () => void act.run({ why: wish.why.trim(), code: wish.code.trim() }).catch(() => undefined);
  const keep = (name: keyof typeof wish) => (event: React.ChangeEvent<HTMLInputElement>) => {
    const { value } = event.currentTarget;
    setWish((before) => ({ ...before, [name]: value }));
  };
  return (
    <form
      className="row end acts"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) say();
      }}
    >
      <TextInput label="Why it cannot wait" value={wish.why} maxLength={500} onChange={keep("why")} />
      <TextInput
        label="Code of your device"
        value={wish.code}
        inputMode="numeric"
        autoComplete="one-time-code"
        onChange={keep("code")}
      />
      <Gated
        act="POST /session/emergency"
        kind="danger"
        busy={act.busy}
        refused={ready ? undefined : "say why, and the code"}
        onClick={say}
      >
        Take access for an hour
      </Gated>
      {act.done && (
        <span role="status">
          Until {when(act.done.ends_at)} you may act as {act.done.gives.join(" and ")}; load the page anew.
        </span>
      )}
      {act.error && (
        <span role="alert" className="state bad">
          {act.error.message}
        </span>
      )}
    </form>
  );
}

function Review({ one }: { one: Emergency }) {
  if (one.verdict)
    return (
      <>
        {words(one.verdict)}, {one.reviewed_by} <When at={one.reviewed_at} />
      </>
    );
  return (
    <span className="row">
      {(["justified", "misused"] as const).map((verdict) => (
        <ActButton
          key={verdict}
          act="POST /emergencies/{emergency_id}/review"
          path={`/emergencies/${one.id}/review`}
          body={{ verdict }}
          touches={["/emergencies"]}
          small
          kind="plain"
          label={`${words(verdict)}: ${one.taken_by}`}
        >
          {words(verdict)}
        </ActButton>
      ))}
    </span>
  );
}

/** Access that somebody takes when a patient cannot wait for a role, and what others made of it. */
export function Emergencies() {
  const found = useApi<Emergency[]>("/emergencies");
  return (
    <section className="panel stack">
      <h2>Access in an emergency</h2>
      <Take />
      <Shown answer={found} empty={(rows) => (rows.length ? null : "Nobody has taken it.")}>
        {(rows) => (
          <DataTable
            caption="Taken so far, newest first"
            file="emergencies"
            most={10}
            rows={rows}
            id={(one) => one.id}
            columns={[
              { name: "From", show: (one) => <When at={one.started_at} />, value: (one) => one.started_at },
              { name: "Until", show: (one) => <When at={one.ends_at} />, value: (one) => one.ends_at },
              { name: "By", show: (one) => one.taken_by },
              { name: "Why", show: (one) => one.why ?? "told to reviewers alone" },
              { name: "Reviewed", show: (one) => <Review one={one} />, value: (one) => one.verdict },
            ]}
          />
        )}
      </Shown>
    </section>
  );
}
