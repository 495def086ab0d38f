import { Link, useParams } from "react-router";
import type { CaseDetail, CaseUses } from "../api/types";
import { useApi } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { DataTable } from "../parts/DataTable";
import { percent, when, words } from "../parts/format";
import { Note } from "../parts/Note";
import { Picture } from "../parts/Picture";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

function Uses({ id }: { id: string }) {
  const uses = useApi<CaseUses>(`/cases/${id}/models`);
  return (
    <section className="panel">
      <h2>What learnt from it</h2>
      <Shown answer={uses}>
        {(found) => (
          <ul>
            <li>
              Data sets:{" "}
              {found.datasets.length
                ? found.datasets.map((name) => (
                    <Link key={name} to={`/datasets/${name}`}>
                      {name}{" "}
                    </Link>
                  ))
                : "none"}
            </li>
            <li>
              Versions:{" "}
              {found.models.length
                ? found.models.map((name) => (
                    <Link key={name} to={`/models/${name}`}>
                      {name}{" "}
                    </Link>
                  ))
                : "none"}
            </li>
          </ul>
        )}
      </Shown>
    </section>
  );
}

function Facts({ found }: { found: CaseDetail }) {
  const rows: [string, string][] = [
    ["Diagnosis", `${found.diagnosis ?? "none"}${found.icd_code ? ` (${found.icd_code})` : ""}`],
    ["Source", found.source],
    ["Validated", when(found.validated_at)],
    ["Let in or held by", words(found.trust_rule ?? "no rule")],
    ["Held because of", found.review_reasons.map(words).join(", ") || "nothing"],
    ["Confidence", percent(found.confidence === null ? null : 100 * found.confidence, 0)],
    [
      "Quality and completeness (0–100)",
      `${found.data_quality_score ?? "–"}, ${found.completeness_score ?? "–"}`,
    ],
    [
      "May still identify somebody",
      found.doubts.length ? `${found.doubts.length} stretches of the text` : "no doubt",
    ],
  ];
  return (
    <section className="panel">
      <DataTable
        caption="The case"
        rows={rows}
        id={([name]) => name}
        columns={[
          { name: "What", show: ([name]) => name },
          { name: "Is", show: ([, value]) => value },
        ]}
      />
    </section>
  );
}

/** One case as its readers may see it, and everything that learnt from it. */
export function CasePage() {
  const { id = "" } = useParams();
  const answer = useApi<CaseDetail>(`/cases/${id}`, undefined, { once: true });
  return (
    <div className="stack">
      <p>
        <Link to="/cases">All cases</Link>
      </p>
      <div className="row">
        <h1>Case {id.slice(-8)}</h1>
        {answer.data && <State of={answer.data.state} />}
      </div>
      <Shown answer={answer}>
        {(found) => (
          <>
            <section className="panel stack">
              {found.layers.includes("image") && <Picture caseId={found.id} layers={found.layers} />}
              {!(found.layers.length && found.text === null) && <Note text={found.text} />}
              <div className="acts">
                <ActButton
                  act="POST /cases/{case_id}/second-read"
                  path={`/cases/${found.id}/second-read`}
                  touches={["/worklist"]}
                  kind="plain"
                  refused={found.diagnosis ? undefined : "it has no diagnosis to compare with"}
                >
                  Ask a second reader
                </ActButton>
              </div>
            </section>
            <div className="columns">
              <Facts found={found} />
              <Uses id={found.id} />
            </div>
          </>
        )}
      </Shown>
    </div>
  );
}
