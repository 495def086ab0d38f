import { words } from "../parts/format";

const NO_CURVE = new Set(["step", "steps", "progress", "epoch", "epochs"]);
// What a person looks at first; what is not named here follows by name.
const FIRST = ["loss", "learning_rate", "tokens_per_second", "samples_per_second", "gradient_norm"];
const UNITS: Record<string, string> = {
  tokens_per_second: "tokens/s",
  samples_per_second: "samples/s",
  seconds: "s",
};
const ENDINGS: [RegExp, string, number][] = [
  [/_bytes$/, "MB", 1e-6],
  [/_share$/, "%", 100],
  [/_celsius$/, "°C", 1],
  [/_watts$/, "W", 1],
];

type Values = Record<string, unknown>;

const ending = (name: string) => ENDINGS.find(([pattern]) => pattern.test(name));

/** The figures of a training that are worth a curve, the most telling first. */
export const curvesOf = (metrics: { values: Values }[]): string[] => {
  const found = new Set<string>();
  for (const { values } of metrics)
    for (const [name, value] of Object.entries(values))
      if (typeof value === "number" && !NO_CURVE.has(name)) found.add(name);
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return [...found].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
};

/** A figure's name and unit as people read them. */
export const told = (name: string): { title: string; unit: string } => {
  const [pattern, unit] = ending(name) ?? [];
  return { title: words(pattern ? name.replace(pattern, "") : name), unit: unit ?? UNITS[name] ?? "" };
};

/** One value in that unit; null where the worker told none. */
export const figureOf = (values: Values, name: string): number | null => {
  const value = values[name];
  return typeof value === "number" ? value * (ending(name)?.[2] ?? 1) : null;
};
