import type { ReactNode } from "react";
import { useAct } from "../api/useApi";
import { Gated } from "./Gated";

interface Props {
  /** The write as the session's list names it; its path too, where no other is given. */
  act: string;
  path?: string;
  body?: object;
  /** Which answers are asked for again afterwards. */
  touches: string[];
  refused?: string | undefined;
  label?: string;
  kind?: "main" | "plain" | "danger";
  small?: boolean;
  /** What is said once it is done, where the API's own sentence would not do. */
  says?: string;
  children: ReactNode;
}

/** One write behind one button, with what became of it. */
export function ActButton({ act, path, body, touches, refused, says, children, ...look }: Props) {
  const { run, done, error, busy } = useAct<{ message?: string }>(path ?? act.replace(/^POST /, ""), touches);
  return (
    <span className="row">
      <Gated
        {...look}
        act={act}
        refused={refused}
        busy={busy}
        onClick={() => void run(body).catch(() => undefined)}
      >
        {children}
      </Gated>
      {done && <span role="status">{says ?? done.message ?? "It is done."}</span>}
      {error && (
        <span role="alert" className="state bad">
          {error.message}
        </span>
      )}
    </span>
  );
}
