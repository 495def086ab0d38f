import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Dataset, Version } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { Gated } from "../parts/Gated";

const ACT = "POST /training/start";

/** `epochs=2 learning_rate=0.0003` as the recipe's fields; what is no number stays a word. */
const recipe = (typed: string): Record<string, string | number | boolean> =>
  Object.fromEntries(
    typed
      .split(/[\s,]+/)
      .filter((one) => one.includes("="))
      .map((one) => {
        const [name = "", value = ""] = one.split("=", 2);
        return [
          name,
          value === "true" || value === "false"
            ? value === "true"
            : Number.isNaN(Number(value))
              ? value
              : Number(value),
        ];
      }),
  );

/** A training by hand: as the site does it by itself, or with another set, seed or recipe. */
export function StartTraining() {
  const [open, setOpen] = useState(false);
  const [wish, setWish] = useState({ type: "diagnosis", set: "", seed: "0", recipe: "" });
  const sets = useApi<Dataset[]>(open ? "/datasets" : null).data ?? [];
  const versions = useApi<Version[]>(open ? "/models/available" : null, { limit: 200 }).data ?? [];
  const start = useAct<{ message: string }>("/training/start", ["/training", "/dashboard"]);
  const types = [...new Set(["diagnosis", "segmentation", ...versions.map((one) => one.model_type)])];
  const keep =
    (name: keyof typeof wish) => (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) => {
      const { value } = event.currentTarget;
      setWish((before) => ({ ...before, [name]: value }));
    };
  const say = () => {
    const body = {
      model_type: wish.type,
      seed: Number(wish.seed) || 0,
      hyperparameters: recipe(wish.recipe),
      ...(wish.set ? { dataset_version: wish.set } : {}),
    };
    void start.run(body).then(
      () => setOpen(false),
      () => undefined,
    );
  };
  if (!open)
    return (
      <div className="row">
        <Gated act={ACT} onClick={() => setOpen(true)}>
          Start a training
        </Gated>
        {start.done && <span role="status">{start.done.message}</span>}
      </div>
    );
  return (
    <form
      className="panel stack"
      aria-label="Start a training"
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      <p>
        A job is queued. It changes nothing in service: its version meets the gate first. Left as it is, it
        learns from the newest eligible cases with the site's recipe.
      </p>
      <div className="row end">
        <NativeSelect label="Model type" data={types} value={wish.type} onChange={keep("type")} />
        <NativeSelect
          label="Learns from"
          value={wish.set}
          onChange={keep("set")}
          data={[
            { value: "", label: "the newest eligible cases" },
            ...sets.filter((one) => one.model_type === wish.type).map((one) => one.dataset_version),
          ]}
        />
        <TextInput label="Seed" inputMode="numeric" value={wish.seed} onChange={keep("seed")} />
        <TextInput
          label="Recipe, where it differs (epochs=2 learning_rate=0.0003)"
          value={wish.recipe}
          onChange={keep("recipe")}
        />
      </div>
      <div className="row acts">
        <Gated act={ACT} busy={start.busy} onClick={say}>
          Start
        </Gated>
        <Gated act={ACT} kind="plain" onClick={() => setOpen(false)}>
          Not now
        </Gated>
        {start.error && (
          <span role="alert" className="state bad">
            {start.error.message}
          </span>
        )}
      </div>
    </form>
  );
}
