import { useState } from "react";
import { Link } from "react-router";
import type { AbTest, Course, Message } from "../api/types";
import { useAct } from "../api/useApi";
import { Confirm } from "../parts/Confirm";
import { ago } from "../parts/format";
import { Gated } from "../parts/Gated";
import { State } from "../parts/State";

const TOUCHES = ["/models", "/plans", "/approvals", "/dashboard"];

interface Props {
  /** The address below `/models/{version}` that is written to. */
  act: "hold" | "promote";
  version: string;
  /** What stands on the button, in the dialog's title and on its own button. */
  says: string;
  effect: string;
  body?: object;
  refused?: string | undefined;
  /** Whether the version's name is typed first. */
  typed?: boolean;
}

/** One act on the comparison with its reason, and what it will do before it is done. */
function Act({ act, version, says, effect, body, refused, typed }: Props) {
  const [asking, setAsking] = useState(false);
  const write = useAct<Message>(`/models/${version}/${act}`, TOUCHES);
  return (
    <>
      <Gated
        act={`POST /models/{model_version}/${act}`}
        kind="plain"
        refused={refused}
        onClick={() => setAsking(true)}
      >
        {says}
      </Gated>
      <Confirm
        open={asking}
        title={`${says}: ${version}?`}
        effect={effect}
        act={says}
        type={typed ? version : undefined}
        reason
        busy={write.busy}
        error={write.error}
        onAct={(reason) =>
          void write.run({ ...body, reason }).then(
            () => setAsking(false),
            () => undefined,
          )
        }
        onClose={() => {
          setAsking(false);
          write.reset();
        }}
      />
    </>
  );
}

/** One ramp waits, or goes on; the switch at the top of each page is for all automation. */
export function Hold({ test }: { test: AbTest }) {
  const version = test.model_b ?? "";
  const refused = test.status === "running" ? undefined : "the comparison is over";
  return test.held ? (
    <Act
      act="hold"
      version={version}
      says="Let the ramp go on"
      effect="It takes its next step as soon as the evidence allows."
      body={{ held: false }}
      refused={refused}
    />
  ) : (
    <Act
      act="hold"
      version={version}
      says="Hold the ramp"
      effect={`${version} keeps the share that it has until somebody lets it go on. Answers, counting and rollback go on.`}
      refused={refused}
    />
  );
}

/** The step that would be next: from the shadow to the ramp's first share, from its last one to everybody. */
function nextStep(test: AbTest, course: Course): string {
  const now = test.traffic_split?.model_b ?? 0;
  const next = course.ramp.find((share) => share > now && share < 100);
  return next === undefined ? "every person" : `${next} % of persons`;
}

/** A person's wish for the next step; the engine needs none where the evidence is there. */
export function Promote({ test, course }: { test: AbTest; course: Course }) {
  const version = test.model_b ?? "";
  const refused =
    test.status !== "running"
      ? "the comparison is over"
      : test.asked?.state === "asked"
        ? "it is asked for; a second person decides at the end of the update letter"
        : undefined;
  return (
    <Act
      act="promote"
      version={version}
      says="Promote"
      effect={`You ask that ${version} answers ${nextStep(test, course)} without waiting for the evidence that it is better. It happens when a second person agrees, and not while harm is suspected. Afterwards it is watched and rolled back as ever.`}
      refused={refused}
      typed
    />
  );
}

const SAID: Record<string, string> = {
  asked: "a second person has not decided yet",
  approved: "agreed; the engine takes the step at its next look unless it suspects harm",
  refused: "refused by a second person",
};

/** Who holds it and who wants it further. */
export function Steered({ test }: { test: AbTest }) {
  const { held, asked } = test;
  if (!held && !asked) return null;
  return (
    <ul>
      {held && (
        <li>
          <State of="paused">held</State> by {held.by} {ago(held.at)}: {held.reason}.
        </li>
      )}
      {asked && (
        <li>
          {asked.by} asked for the next step {ago(asked.at)} ({asked.reason}):{" "}
          {SAID[asked.state] ?? asked.state}.{" "}
          {asked.state === "asked" && (
            <Link to={`/letters/${test.model_b}`}>Read its update letter and decide</Link>
          )}
        </li>
      )}
    </ul>
  );
}
