import type { Estimate } from "../api/types";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const moment = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});
const count = new Intl.NumberFormat();

export const browserZone = zone;

let aheadMs = 0;
let siteZone = "UTC";

/** The site said in which zone it lives. */
export const heardZone = (name: string): void => {
  siteZone = name;
};

/** An instant as the site's own clock shows it, with the name of its zone. */
export const inSiteZone = (instant: string): string =>
  `${new Date(instant).toLocaleString(undefined, {
    timeZone: siteZone,
    dateStyle: "medium",
    timeStyle: "short",
  })} ${siteZone}`;

/** The site said what time it is; ages are told by its clock, not by this machine's. */
export const heardClock = (instant: string): void => {
  aheadMs = Date.parse(instant) - Date.now();
};

export const siteNow = (): number => Date.now() + aheadMs;

/** An instant in the reader's zone, with its name. */
export const when = (instant: string | null | undefined): string =>
  instant ? moment.format(new Date(instant)) : "–";

const STEPS: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A length of time in its largest unit. */
export const span = (seconds: number): string => {
  const [size, unit] = STEPS.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
};

export const ago = (instant: string | null | undefined, now: number = siteNow()): string =>
  instant ? `${span(Math.max(0, (now - Date.parse(instant)) / 1000))} ago` : "never";

export const whole = (n: number | null | undefined): string =>
  n === null || n === undefined ? "–" : count.format(n);

export const percent = (value: number | null | undefined, places = 1): string =>
  value === null || value === undefined ? "–" : `${value.toFixed(places)} %`;

/** A figure with its interval and how many it rests on. */
export const estimated = (found: Estimate | null | undefined): string => {
  if (!found) return "not measured";
  const interval =
    found.low === null || found.high === null ? "" : ` (${found.low.toFixed(1)}–${found.high.toFixed(1)})`;
  return `${found.value.toFixed(1)} %${interval}, n ${whole(found.n)}`;
};

// What rounds to nothing has no sign.
const sign = (text: string): string =>
  Number(text) === 0 ? text.replace("-", "") : text.startsWith("-") ? text : `+${text}`;

/** A difference with its sign. */
export const points = (value: number | null | undefined, places = 1): string =>
  value === null || value === undefined ? "–" : sign(value.toFixed(places));

/** A state as words: `needs_review` becomes "needs review". */
export const words = (state: string): string => state.replaceAll("_", " ");

export const many = (n: number, one: string, more = `${one}s`): string =>
  `${whole(n)} ${n === 1 ? one : more}`;
