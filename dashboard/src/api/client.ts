import type { Problem } from "./types";

export const BASE = "/api/phase-7";

/** An answer that is none: what the API said about it, or that nobody answered (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fix: string | null;
  readonly requestId: string | null;

  constructor(status: number, told: Partial<Problem>) {
    super(told.detail ?? "the answer could not be read");
    this.status = status;
    this.code = told.code ?? "unreadable";
    this.fix = told.fix ?? null;
    this.requestId = told.request_id ?? null;
  }
}

export type Params = Record<string, string | number | undefined | null>;

export const address = (path: string, params: Params = {}): string => {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `${BASE}${path}${given.length ? `?${query}` : ""}`;
};

type Listener = (error: ApiError | null) => void;
const listeners = new Set<Listener>();

/** Called after every answer: with null when the API spoke, with the error when it did not or refused. */
export const onAnswer = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const told = async (answer: Response): Promise<Partial<Problem>> => {
  try {
    return (await answer.json()) as Problem;
  } catch {
    return { detail: `the site answered ${answer.status}`, code: "unreadable" };
  }
};

const send = async (path: string, wish: RequestInit): Promise<Response> => {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...wish });
  } catch {
    const error = new ApiError(0, {
      detail: "the site does not answer",
      code: "offline",
      fix: "check the network; it is asked again",
    });
    for (const one of listeners) one(error);
    throw error;
  }
  const error = answer.ok ? null : new ApiError(answer.status, await told(answer));
  for (const one of listeners) one(error);
  if (error) throw error;
  return answer;
};

export const get = async <T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> => {
  const answer = await send(address(path, params), signal ? { signal } : {});
  return (await answer.json()) as T;
};

/** Health answers 503 when a part is down, with the same body: that is news, not a failure. */
export const getHealth = async <T>(): Promise<T> => {
  const answer = await fetch(`${BASE}/health`).catch(() => null);
  if (!answer) throw new ApiError(0, { detail: "the site does not answer", code: "offline" });
  return (await answer.json()) as T;
};

/** A write; a repeat under the same key acts once. */
export const post = async <T>(path: string, body?: object, key?: string): Promise<T> => {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  const answer = await send(`${BASE}${path}`, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  return (await answer.json()) as T;
};
