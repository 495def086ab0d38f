import { useState } from "react";
import { Link, useParams } from "react-router";
import type { Approval, Compared, GateWord, JobDetail, Version } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Button } from "../parts/Button";
import { Changed } from "../parts/Changed";
import { Confirm } from "../parts/Confirm";
import { ago, estimated, many, points, when, whole } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { scored, scoreOf } from "../parts/score";

interface Rule {
  rule?: string;
  verdict?: string;
  why?: string;
}

/** What a yes and a no do, by what was asked. */
const RELEASE = {
  yes: "The release goes on by the site's policy.",
  no: "The release ends here; the version before goes on.",
};
const STEP = {
  yes: "It takes the next step of its ramp without waiting for more evidence, unless harm is suspected.",
  no: "It stays at its share; the engine goes on as the evidence allows.",
};

/** The decision stands at the end of the letter and nowhere else: who decides has had it open. */
function Decide(props: { approval: Approval; name: string; onSaid: (state: string) => void }) {
  const { approval, name, onSaid } = props;
  const [yes, setYes] = useState<boolean | null>(null);
  const act = useAct<Approval>("/approvals", ["/approvals", "/models", "/dashboard"]);
  const effects = approval.subject_kind === "model_versions" ? RELEASE : STEP;
  return (
    <div className="row acts">
      <Gated act="POST /approvals" onClick={() => setYes(true)}>
        Approve
      </Gated>
      <Gated act="POST /approvals" kind="plain" onClick={() => setYes(false)}>
        Refuse
      </Gated>
      <span className="dim">
        Asked by {approval.maker} {ago(approval.created_at)}: {approval.reason}. Whoever asked may not decide.
      </span>
      <Confirm
        open={yes !== null}
        title={yes ? `Approve ${name}?` : `Refuse ${name}?`}
        effect={yes ? effects.yes : effects.no}
        act={yes ? "Approve" : "Refuse"}
        {...(yes ? { type: name } : {})}
        reason
        busy={act.busy}
        error={act.error}
        onAct={(reason) =>
          void act.run({ approval_id: approval.approval_id, approve: yes, reason }).then(
            (row) => {
              setYes(null);
              onSaid(row.state);
            },
            () => undefined,
          )
        }
        onClose={() => setYes(null)}
      />
    </div>
  );
}

function Measured({ found }: { found: Compared }) {
  const { model_a: before, model_b: after } = found;
  const [was, is] = [scoreOf(before), scoreOf(after)];
  const difference = found.same_set && was && is ? is.value - was.value : null;
  if (after.dice_estimate)
    return (
      <p>
        On pictures that neither learnt from, the outlines of {after.model_version} overlap with the validated
        ones by {scored(after)}; those of {before.model_version} by {scored(before)}
        {difference === null ? "; the pictures were not the same" : `, ${points(difference)} points`}.
      </p>
    );
  return (
    <>
      <p>
        On cases that neither learnt from, {after.model_version} named the right diagnosis in{" "}
        {estimated(after.accuracy_estimate)}; {before.model_version} in {estimated(before.accuracy_estimate)}.
      </p>
      <p>
        {difference === null
          ? "The two were not measured on the same cases, so the figures are not subtracted."
          : `Of 100 such patients about ${Math.abs(difference).toFixed(0)} ${difference >= 0 ? "more" : "fewer"} are named right.`}
      </p>
    </>
  );
}

function Learnt({ version }: { version: Version }) {
  const job = useApi<JobDetail>(`/training/jobs/${version.job_id}`).data;
  if (!job?.dataset_version)
    return <p>It was brought from elsewhere; what it learnt from is not known here.</p>;
  return (
    <p>
      {whole(job.dataset_size)} validated cases of this site, sealed as{" "}
      <Link to={`/datasets/${job.dataset_version}`}>{job.dataset_version}</Link>, where what came and went
      since the set before stands too.
    </p>
  );
}

function Rules({ rules }: { rules: Rule[] }) {
  const failed = rules.filter((rule) => rule.verdict !== "pass");
  if (!rules.length) return <p className="dim">The gate has not spoken about it yet.</p>;
  return (
    <>
      <p>
        {failed.length
          ? `${many(failed.length, "rule")} of ${rules.length} did not pass:`
          : `All ${rules.length} rules passed: as many cases as are needed, no worse over all, no diagnosis, no group and nothing that must not be missed falls too far, nothing solved before is forgotten.`}
      </p>
      <Told rules={failed} />
      <details>
        <summary>Every rule with its figures</summary>
        <Told rules={rules} />
      </details>
    </>
  );
}

function Told({ rules }: { rules: Rule[] }) {
  return (
    <ul>
      {rules.map((rule) => (
        <li key={rule.rule}>
          <State of={rule.verdict === "pass" ? "ok" : "failed"}>{rule.verdict ?? "unknown"}</State>{" "}
          {rule.rule}: {rule.why}
        </li>
      ))}
    </ul>
  );
}

const NEXT: Record<string, string> = {
  live: "It answers every patient now.",
  rejected: "It never answers a patient.",
  rolled_back: "It was taken back and answers nobody.",
  retired: "It was replaced and answers nobody.",
  standby: "It was replaced and stands by, ready to come back at once.",
};

function Body({ version, gate }: { version: Version; gate: GateWord }) {
  const [said, setSaid] = useState<string | null>(null);
  const other = gate.against;
  const compared = useApi<Compared>(other ? "/models/compare" : null, {
    version_a: other,
    version_b: version.model_version,
  });
  const waiting = useApi<Approval[]>("/approvals").data?.filter((one) => one.subject_id === version.id) ?? [];
  return (
    <article className="panel stack letter">
      <p className="dim">
        Made {when(version.created_at)}; it is now <State of={version.state} />
      </p>
      <h2>What it learnt from</h2>
      <Learnt version={version} />
      <h2>What got better, what got worse</h2>
      {other ? (
        <>
          <Shown answer={compared}>{(found) => <Measured found={found} />}</Shown>
          <Changed a={other} b={version.model_version} />
        </>
      ) : (
        <p>
          It was the first of its kind: nothing was live to be compared with. On cases that it never learnt
          from it reached {scored(version)}.
        </p>
      )}
      <h2>What the gate said</h2>
      <Rules rules={gate.rules as Rule[]} />
      <h2>For your patients</h2>
      <p>
        {NEXT[version.state] ??
          "It is compared silently first, then answers 5 % of persons, and more only on evidence."}{" "}
        If a version is worse it is taken back by itself; a clinician on call, an operator or an approver can
        do so at once: open the <Link to="/experiment">experiment</Link>, press “Roll back” and type its name.
        The version before answers the next patient; nothing is downloaded or trained for that.
      </p>
      <h2>The word of a second person</h2>
      {waiting.map((one) => (
        <Decide key={one.approval_id} approval={one} name={version.model_version} onSaid={setSaid} />
      ))}
      {said && <p role="status">Your word is kept: {said}.</p>}
      {!waiting.length && <p className="dim">Nobody is asked to approve this version now.</p>}
    </article>
  );
}

/** One page in plain words for whoever must decide about a version. */
export default function Letter() {
  const { name = "" } = useParams();
  const versions = useApi<Version[]>("/models/available", { limit: 200 });
  const version = versions.data?.find((one) => one.model_version === name);
  const gate = useApi<GateWord>(version ? `/gate/${name}` : null);
  return (
    <div className="stack">
      <div className="row between">
        <h1>Update letter: {name}</h1>
        <Button kind="plain" onClick={() => window.print()}>
          Print
        </Button>
      </div>
      <Shown
        answer={versions}
        empty={(found) =>
          found.some((one) => one.model_version === name) ? null : `There is no version ${name}.`
        }
      >
        {() => version && <Shown answer={gate}>{(found) => <Body version={version} gate={found} />}</Shown>}
      </Shown>
    </div>
  );
}
