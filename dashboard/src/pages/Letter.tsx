import { useState } from "react";
import { Link, useParams } from "react-router";
import type { Approval, Compared, JobDetail, Plan, Version } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { ago, estimated, percent, when, whole } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

interface Rule {
  rule?: string;
  verdict?: string;
  why?: string;
}

/** The decision stands at the end of the letter and nowhere else: who decides has had it open. */
function Decide({ approval, name }: { approval: Approval; name: string }) {
  const [yes, setYes] = useState<boolean | null>(null);
  const act = useAct<Approval>("/approvals", ["/approvals", "/models", "/dashboard"]);
  if (act.done) return <p role="status">Your word is kept: {act.done.state}.</p>;
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
        effect={
          yes
            ? "The release goes on by the site's policy."
            : "The release ends here; the version before goes on."
        }
        act={yes ? "Approve" : "Refuse"}
        {...(yes ? { type: name } : {})}
        reason
        busy={act.busy}
        error={act.error}
        onAct={(reason) =>
          void act.run({ approval_id: approval.approval_id, approve: yes, reason }).then(
            () => setYes(null),
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
  const difference =
    found.same_set && before.accuracy !== null && after.accuracy !== null
      ? after.accuracy - before.accuracy
      : null;
  return (
    <>
      <p>
        On cases that it never learnt from, {after.model_version} named the right diagnosis in{" "}
        {estimated(after.accuracy_estimate)}; {before.model_version} in {estimated(before.accuracy_estimate)}.
      </p>
      <p>
        {difference === null
          ? "The two were not measured on the same cases, so the figures are not subtracted."
          : `Of 100 such patients about ${Math.abs(difference).toFixed(1)} ${difference >= 0 ? "more" : "fewer"} are named right.`}
      </p>
    </>
  );
}

function Body({ version, champion }: { version: Version; champion: string | null }) {
  const job = useApi<JobDetail>(`/training/jobs/${version.job_id}`).data;
  const other = champion && champion !== version.model_version ? champion : null;
  const compared = useApi<Compared>(other ? "/models/compare" : null, {
    version_a: other,
    version_b: version.model_version,
  });
  const approval = useApi<Approval[]>("/approvals").data?.find((one) => one.subject_id === version.id);
  const rules = (compared.data?.gate?.rules ?? []) as Rule[];
  return (
    <article className="panel stack">
      <h1>Update letter: {version.model_version}</h1>
      <p className="dim">
        Made {when(version.created_at)}; it is now <State of={version.state} />
      </p>
      <h2>What it learnt from</h2>
      <p>
        {job?.dataset_version ? (
          <>
            {whole(job.dataset_size)} validated cases of this site, sealed as{" "}
            <Link to={`/datasets/${job.dataset_version}`}>{job.dataset_version}</Link>
          </>
        ) : (
          "It was brought from elsewhere; what it learnt from is not known here"
        )}
        .
      </p>
      <h2>What got better, what got worse</h2>
      {other ? (
        <Shown answer={compared}>{(found) => <Measured found={found} />}</Shown>
      ) : (
        <p>
          Nothing is live beside it to be compared with. It is right in {estimated(version.accuracy_estimate)}
          .
        </p>
      )}
      <h2>What the gate said, rule by rule</h2>
      {rules.length ? (
        <ul>
          {rules.map((rule) => (
            <li key={rule.rule}>
              <State of={rule.verdict === "pass" ? "ok" : "failed"}>{rule.verdict ?? "unknown"}</State>{" "}
              {rule.rule}: {rule.why}
            </li>
          ))}
        </ul>
      ) : (
        <p className="dim">
          {other ? "The gate passed it and kept no rule to tell of." : "Shown beside a live version."}
        </p>
      )}
      <h2>For your patients</h2>
      <p>
        It is compared silently first, then answers 5 % of persons, and more only on evidence. Accuracy now:{" "}
        {percent(version.accuracy)} (n {whole(version.n)}). If it is worse it is taken back by itself; anybody
        with the role can do so at once on the page of the <Link to="/experiment">experiment</Link>.
      </p>
      <h2>The word of a second person</h2>
      {approval ? (
        <Decide approval={approval} name={version.model_version} />
      ) : (
        <p className="dim">Nobody is asked to approve this version now.</p>
      )}
      <div className="acts">
        <Button kind="plain" onClick={() => window.print()}>
          Print
        </Button>
      </div>
    </article>
  );
}

/** One page in plain words for whoever must decide about a version. */
export default function Letter() {
  const { name = "" } = useParams();
  const versions = useApi<Version[]>("/models/available", { limit: 200 });
  const version = versions.data?.find((one) => one.model_version === name);
  const plans = useApi<Plan[]>(version ? "/plans" : null, { model_type: version?.model_type });
  return (
    <Shown
      answer={versions}
      empty={(found) =>
        found.some((one) => one.model_version === name) ? null : `There is no version ${name}.`
      }
    >
      {() => version && <Body version={version} champion={plans.data?.[0]?.champion ?? null} />}
    </Shown>
  );
}
