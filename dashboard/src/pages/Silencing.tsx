import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Silence } from "../api/types";
import { useAct } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { when, words } from "../parts/format";
import { Gated } from "../parts/Gated";

const ACT = "POST /alerts/silences";
const HOURS = [
  { value: "1", label: "1 hour" },
  { value: "4", label: "4 hours" },
  { value: "24", label: "a day" },
  { value: "168", label: "a week" },
];

function Ask({ kind, onDone }: { kind: string; onDone: () => void }) {
  const [hours, setHours] = useState("4");
  const [reason, setReason] = useState("");
  const act = useAct<Silence>("/alerts/silences", ["/alerts"]);
  const say = () =>
    void act.run({ kind, hours: Number(hours), reason: reason.trim() }).then(onDone, () => undefined);
  return (
    <form
      className="row end"
      aria-label={`Silence ${words(kind)}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim()) say();
      }}
    >
      <NativeSelect
        label="For"
        data={HOURS}
        value={hours}
        onChange={(event) => setHours(event.currentTarget.value)}
      />
      <TextInput
        label="Why"
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Gated
        act={ACT}
        kind="plain"
        busy={act.busy}
        refused={reason.trim() ? undefined : "say why"}
        onClick={say}
      >
        Tell nobody of it
      </Gated>
      {act.error && (
        <span role="alert" className="state bad">
          {act.error.message}
        </span>
      )}
    </form>
  );
}

/** A cause can be kept quiet for a while: it is still listed here, and critical alerts still go out. */
export function Silencing({ kind, until }: { kind: string; until: string | null }) {
  const [asking, setAsking] = useState(false);
  if (until)
    return (
      <span className="row">
        <span className="state warn">silent until {when(until)}, except critical ones</span>
        <ActButton
          act={ACT}
          body={{ kind, hours: 0, reason: "ended by hand" }}
          touches={["/alerts"]}
          small
          kind="plain"
          label={`End the silence of ${words(kind)}`}
        >
          End the silence
        </ActButton>
      </span>
    );
  if (asking) return <Ask kind={kind} onDone={() => setAsking(false)} />;
  return (
    <Gated act={ACT} small kind="plain" label={`Silence ${words(kind)}`} onClick={() => setAsking(true)}>
      Silence
    </Gated>
  );
}
