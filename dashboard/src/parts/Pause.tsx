import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Message, Overview } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Confirm } from "./Confirm";
import { Gated } from "./Gated";
import { State } from "./State";

/** The one switch: stops collection, training and ramp; serving and rollback go on. */
export function Pause() {
  const health = useApi<Overview>("/dashboard/overview").data?.system_health;
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const paused = health?.paused ?? false;
  const act = paused ? "/resume" : "/pause";
  const turn = useAct<Message>(act, ["/dashboard/overview"]);
  const say = async () => {
    await turn.run();
    setAsking(false);
    void queries.invalidateQueries();
  };
  if (!health) return null;
  return (
    <span className="row">
      {paused && <State of="paused">automation paused</State>}
      <Gated act={`POST ${act}`} small kind="plain" onClick={() => setAsking(true)}>
        {paused ? "Resume automation" : "Pause automation"}
      </Gated>
      <Confirm
        open={asking}
        title={paused ? "Let the automation run again?" : "Stop all automation?"}
        effect={
          paused
            ? "Collection, training and the ramp go on from where they stood."
            : "Nothing is collected, trained or ramped up until somebody resumes. Serving and rollback go on."
        }
        act={paused ? "Resume" : "Pause"}
        busy={turn.busy}
        error={turn.error}
        onAct={() => void say().catch(() => undefined)}
        onClose={() => setAsking(false)}
      />
    </span>
  );
}
