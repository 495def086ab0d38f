import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { Case } from "../api/types";
import { useApi } from "../api/useApi";
import { DataTable } from "../parts/DataTable";
import { percent, words } from "../parts/format";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";
import { When } from "../parts/When";

const STATES = ["", "pending", "needs_review", "validated", "rejected"];

/** The newest cases without their text; each opens by its id. */
export function AllCases() {
  const [status, setStatus] = useState("");
  const cases = useApi<Case[]>("/cases", { status: status || undefined, limit: 100 });
  return (
    <section className="panel stack">
      <NativeSelect
        label="Cases in state"
        value={status}
        onChange={(event) => setStatus(event.currentTarget.value)}
        data={STATES.map((state) => ({ value: state, label: state ? words(state) : "every state" }))}
      />
      <Shown answer={cases} empty={(found) => (found.length ? null : "No case is in this state.")}>
        {(found) => (
          <DataTable
            caption={`The newest ${found.length} cases`}
            file="cases"
            most={15}
            rows={found}
            id={(one) => one.id}
            columns={[
              { name: "Came", show: (one) => <When at={one.created_at} />, value: (one) => one.created_at },
              {
                name: "Case",
                show: (one) => (
                  <Link className="nowrap" to={`/cases/${one.id}`}>
                    {one.id.slice(-8)}
                  </Link>
                ),
                value: (one) => one.id,
              },
              { name: "Source", show: (one) => one.source },
              { name: "Diagnosis", show: (one) => one.diagnosis ?? "–" },
              { name: "State", show: (one) => <State of={one.state} />, value: (one) => one.state },
              { name: "Why held", show: (one) => one.review_reasons.map(words).join(", ") || "–" },
              {
                name: "Confidence",
                show: (one) => percent(one.confidence === null ? null : 100 * one.confidence, 0),
                number: true,
              },
              { name: "Quality (0–100)", show: (one) => one.data_quality_score ?? "–", number: true },
              { name: "In training", show: (one) => (one.used_in_training ? "yes" : "no") },
            ]}
          />
        )}
      </Shown>
    </section>
  );
}
