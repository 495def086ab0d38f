import { useEffect, useState } from "react";
import { BASE } from "../api/client";
import { Button } from "./Button";

const STEP = 20;

/** The picture of a case with its mask over it; `[` and `]` make the mask fainter and firmer. */
export function Picture({ caseId, layers }: { caseId: string; layers: string[] }) {
  const [shown, setShown] = useState(60);
  const [failed, setFailed] = useState(false);
  const masked = layers.includes("mask");
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      if (event.key !== "[" && event.key !== "]") return;
      setShown((before) => Math.max(0, Math.min(100, before + (event.key === "]" ? STEP : -STEP))));
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  const of = (layer: string) => `${BASE}/cases/${caseId}/picture?layer=${layer}`;
  if (failed) return <p className="dim">The picture could not be shown.</p>;
  return (
    <figure className="stack tight">
      <div className="overlay">
        <img src={of("image")} alt="What this case shows, de-identified" onError={() => setFailed(true)} />
        {masked && (
          <img
            src={of("mask")}
            alt="What was outlined on it"
            className="mask"
            style={{ opacity: shown / 100 }}
          />
        )}
      </div>
      {masked && (
        <figcaption className="row small">
          <Button small kind="plain" onClick={() => setShown(shown ? 0 : 60)}>
            {shown ? "Hide the mask" : "Show the mask"}
          </Button>
          <label className="row">
            Mask{" "}
            <input
              type="range"
              min={0}
              max={100}
              step={STEP}
              value={shown}
              onChange={(event) => setShown(Number(event.currentTarget.value))}
            />{" "}
            {shown} %
          </label>
          <span className="dim">
            <kbd>[</kbd> <kbd>]</kbd>
          </span>
        </figcaption>
      )}
    </figure>
  );
}
