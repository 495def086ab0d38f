import { TextInput } from "@mantine/core";
import { useCallback, useEffect, useId, useRef, useState } from "react";
import type { Label, WorkItem } from "../api/types";
import { useApi } from "../api/useApi";
import { Button } from "../parts/Button";
import { many, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Note } from "../parts/Note";
import { Picture } from "../parts/Picture";

interface Props {
  item: WorkItem;
  what: string;
  decide: (item: WorkItem, says: string, body: object, path?: string) => void;
}

const BLIND = new Set(["disagreement", "audit", "hard", "second_read"]);

/** One thing to read and the few things that can be said of it; whatever would sway the reader is not here. */
export function ReadCase({ item, what, decide }: Props) {
  const [amending, setAmending] = useState(item.kind !== "review");
  const [diagnosis, setDiagnosis] = useState("");
  const [begun] = useState(Date.now);
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  const labels = useApi<Label[]>("/labels", { model_type: item.model_type }).data ?? [];
  const options = item.options.length ? item.options : labels.map((one) => one.label);

  const say = useCallback(
    (kind: string, chosen?: string) => {
      const seconds_spent = Math.round((Date.now() - begun) / 1000);
      const about = item.reading_id ? { reading_id: item.reading_id } : { case_id: item.case_id, kind };
      const said = chosen ? { diagnosis: chosen } : {};
      decide(item, `${words(kind)}${chosen ? `: ${chosen}` : ""}`, { ...about, ...said, seconds_spent });
    },
    [item, begun, decide],
  );
  const answer = useCallback(
    (chosen: string) => {
      if (!chosen.trim()) return;
      if (item.kind === "unmapped") {
        const body = { model_type: item.model_type, words: item.words, label: chosen };
        decide(item, `${item.words} means ${chosen}`, body, "/labels/map");
      } else
        say(
          item.kind === "review"
            ? "amend"
            : item.kind === "adjudicate"
              ? "adjudicate"
              : item.kind === "second_read"
                ? "second_read"
                : "read",
          chosen,
        );
    },
    [item, say, decide],
  );
  const ask = useCallback(
    () => decide(item, "a second reader is asked", {}, `/cases/${item.case_id}/second-read`),
    [item, decide],
  );

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.toLowerCase();
      const option = options[Number(key) - 1];
      const acts: Record<string, () => void> =
        item.kind === "review"
          ? { a: () => say("confirm"), r: () => say("reject"), s: ask, e: () => setAmending(true) }
          : { e: () => field.current?.focus() };
      const act = item.options.length && option ? () => answer(option) : acts[key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [item, options, say, answer, ask]);

  useEffect(() => {
    if (amending && item.kind === "review") field.current?.focus();
  }, [amending, item.kind]);

  return (
    <section className="panel stack" aria-labelledby="reading">
      <div className="row between">
        <h2 id="reading">{what}</h2>
        <span className="dim small">{item.model_type}</span>
      </div>
      {BLIND.has(item.kind) && (
        <p className="dim small">
          Read blind: no answer of a model or of another reader is shown before yours is kept.
        </p>
      )}
      {item.kind === "unmapped" ? (
        <p>
          <strong dir="auto">{item.words}</strong>, on {many(item.count ?? 0, "waiting case")}
          {item.icd_code && `, code ${item.icd_code}`}
        </p>
      ) : (
        <>
          {item.case_id && item.layers.includes("image") && (
            <Picture caseId={item.case_id} layers={item.layers} />
          )}
          {!(item.layers.length && item.text === null) && (
            <Note text={item.text} preparing={item.preparing} />
          )}
        </>
      )}
      {item.kind === "review" && (
        <p>
          The record says <strong dir="auto">{item.diagnosis ?? "nothing"}</strong>
          {item.icd_code && ` (${item.icd_code})`}. Held because of{" "}
          {item.reasons.map(words).join(", ") || "the policy"}.
        </p>
      )}
      {item.kind === "review" && (
        <div className="row acts">
          <Gated act="POST /validations" onClick={() => say("confirm")}>
            Accept (A)
          </Gated>
          <Button kind="plain" onClick={() => setAmending(true)}>
            Amend (E)
          </Button>
          <Button kind="plain" onClick={() => say("reject")}>
            Reject (R)
          </Button>
          <Button kind="plain" onClick={ask}>
            Second reader (S)
          </Button>
        </div>
      )}
      {item.options.length > 0 && (
        <div className="row acts">
          {item.options.map((option, index) => (
            <Button key={option} kind="plain" onClick={() => answer(option)}>
              {index + 1}. {option}
            </Button>
          ))}
        </div>
      )}
      {amending && (
        <form
          className="row acts"
          onSubmit={(event) => {
            event.preventDefault();
            answer(diagnosis);
          }}
        >
          <TextInput
            ref={field}
            label={item.options.length ? "Or another diagnosis" : "Diagnosis"}
            value={diagnosis}
            list={list}
            dir="auto"
            maxLength={300}
            onChange={(event) => setDiagnosis(event.currentTarget.value)}
          />
          <datalist id={list}>
            {labels.map((one) => (
              <option key={one.label} value={one.label} />
            ))}
          </datalist>
          <Gated
            act={item.kind === "unmapped" ? "POST /labels/map" : "POST /validations"}
            refused={diagnosis.trim() ? undefined : "name a diagnosis"}
            onClick={() => answer(diagnosis)}
          >
            Keep (Enter)
          </Gated>
        </form>
      )}
    </section>
  );
}
