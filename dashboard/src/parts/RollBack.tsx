import { useState } from "react";
import { useAct } from "../api/useApi";
import { Confirm } from "./Confirm";
import { Gated } from "./Gated";

interface Props {
  modelType: string;
  /** The version that would leave. */
  leaving: string | null;
  /** The version that would answer everybody. */
  staying: string | null;
}

/** Going back is always one dialog away; what is typed is the version that leaves. */
export function RollBack({ modelType, leaving, staying }: Props) {
  const [asking, setAsking] = useState(false);
  const act = useAct<{ message: string }>("/models/rollback", [
    "/models",
    "/plans",
    "/dashboard",
    "/performance",
  ]);
  return (
    <>
      <Gated
        act="POST /models/rollback"
        kind="danger"
        refused={leaving ? undefined : "there is nothing to go back from"}
        onClick={() => setAsking(true)}
      >
        Roll back
      </Gated>
      {act.done && <span role="status">{act.done.message}</span>}
      <Confirm
        open={asking}
        title={`Roll back ${leaving}?`}
        effect={`From now on ${staying ?? "the version before"} answers every patient; ${leaving} answers nobody. It takes effect with the next answer and needs no download and no training.`}
        act="Roll back now"
        type={leaving ?? undefined}
        reason
        dangerous
        busy={act.busy}
        error={act.error}
        onAct={(reason) =>
          void act.run({ model_type: modelType, reason }).then(
            () => setAsking(false),
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
