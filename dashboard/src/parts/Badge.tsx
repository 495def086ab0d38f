import { useLive } from "../live/useLive";
import { span } from "./format";
import { State } from "./State";

const SAYS = { live: "live", delayed: "delayed", offline: "offline" };

/** How fresh the page is. */
export function Badge() {
  const { state, heardAt } = useLive();
  const late = Math.max(0, Math.round((Date.now() - heardAt) / 1000));
  const text = state === "live" ? SAYS.live : `${SAYS[state]} ${span(late)}`;
  return (
    <span
      data-testid="badge"
      title="live: told by the stream. delayed: asked every 5 seconds. offline: nobody answers."
    >
      <State of={state}>{text}</State>
    </span>
  );
}
