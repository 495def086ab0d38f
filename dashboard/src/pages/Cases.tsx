import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { Route, Routes } from "react-router";
import { type ApiError, get } from "../api/client";
import { useMay, useSession } from "../api/session";
import type { WorkItem } from "../api/types";
import { Button } from "../parts/Button";
import { ago, words } from "../parts/format";
import { Shown } from "../parts/Shown";
import { Agreement } from "./Agreement";
import { AllCases } from "./AllCases";
import { CasePage } from "./CasePage";
import { Collection } from "./Collection";
import { idOf, useDecisions } from "./cases.acts";
import { ReadCase } from "./ReadCase";

const KINDS: Record<string, string> = {
  disagreement: "two versions disagree",
  audit: "audit sample, read blind",
  hard: "hard case",
  review: "held for review",
  second_read: "second reading",
  adjudicate: "two readers disagree",
  unmapped: "words without a label",
};
const PAGE = 50;

/** Opening the list is a read of each case on it and is written down, so nothing but a person asks again. */
const useWork = (enabled: boolean) =>
  useQuery<WorkItem[], ApiError>({
    queryKey: ["work"],
    queryFn: ({ signal }) => get<WorkItem[]>("/worklist", { limit: PAGE }, signal),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

function Help() {
  return (
    <p className="dim small">
      <kbd>J</kbd> <kbd>K</kbd> next and previous · <kbd>A</kbd> accept · <kbd>E</kbd> amend · <kbd>R</kbd>{" "}
      reject · <kbd>S</kbd> second reader · <kbd>[</kbd> <kbd>]</kbd> mask · <kbd>1</kbd>–<kbd>9</kbd> choose
      · <kbd>Z</kbd> undo within 10 s
    </p>
  );
}

function Worklist({ items, again }: { items: WorkItem[]; again: () => void }) {
  const { pending, failed, done, decide, undo, sendAll } = useDecisions();
  const [at, setAt] = useState(0);
  const open = useMemo(() => items.filter((item) => !done.has(idOf(item))), [items, done]);
  const place = Math.min(at, open.length - 1);
  const item = open[place];
  const move = useCallback(
    (by: number) => setAt(Math.max(0, Math.min(open.length - 1, place + by))),
    [open.length, place],
  );
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const act = { j: () => move(1), k: () => move(-1), z: undo }[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [move, undo]);
  return (
    <>
      <div role="status" aria-live="polite">
        {pending.length > 0 && (
          <p className="row">
            <span className="state info">{pending.at(-1)?.says}</span>
            <Button small kind="plain" onClick={undo}>
              Undo (Z)
            </Button>
            <Button small kind="plain" onClick={sendAll}>
              Send now
            </Button>
          </p>
        )}
        {failed && (
          <p className="state bad">
            {failed.says}: not kept, {failed.error.message}
          </p>
        )}
      </div>
      <div className="split">
        <section className="panel" aria-labelledby="waiting">
          <div className="row between">
            <h2 id="waiting">
              {open.length} waiting{items.length === PAGE ? ", more behind them" : ""}
            </h2>
            <Button small kind="plain" onClick={again}>
              Look again
            </Button>
          </div>
          <ul className="worklist">
            {open.map((one, index) => (
              <li key={idOf(one)}>
                <button type="button" aria-current={index === place} onClick={() => setAt(index)}>
                  <strong>{KINDS[one.kind] ?? words(one.kind)}</strong>
                  <br />
                  <span className="dim small">
                    {one.model_type}
                    {one.asked_at && ` · ${ago(one.asked_at)}`}
                    {one.reasons.length > 0 && ` · ${one.reasons.map(words).join(", ")}`}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {!open.length && <p className="dim">Everything that was here is decided.</p>}
          <Help />
        </section>
        {item && (
          <ReadCase key={idOf(item)} item={item} what={KINDS[item.kind] ?? item.kind} decide={decide} />
        )}
      </div>
    </>
  );
}

function Desk() {
  const { session } = useSession();
  const { may, why } = useMay("POST /validations");
  const work = useWork(may);
  const reads = session?.roles.some((role) => role === "clinician" || role === "steward") ?? false;
  const keeps = session?.roles.some((role) => role === "steward" || role === "approver") ?? false;
  return (
    <div className="stack">
      <h1>Cases</h1>
      {may ? (
        <Shown answer={work} empty={(items) => (items.length ? null : "Nothing waits for a clinician.")}>
          {(items) => <Worklist items={items} again={() => void work.refetch()} />}
        </Shown>
      ) : (
        <section className="panel dim">Reading what waits is for clinicians: {why}.</section>
      )}
      {reads ? <AllCases /> : null}
      <Agreement />
      {keeps ? <Collection /> : null}
    </div>
  );
}

/** What waits for a clinician's eyes, by keyboard; then every case there is, each by its id. */
export default function Cases() {
  return (
    <Routes>
      <Route index element={<Desk />} />
      <Route path=":id" element={<CasePage />} />
    </Routes>
  );
}
