import type { ReactNode } from "react";
import type { ApiError } from "../api/client";
import type { Answer } from "../api/useApi";
import { Button } from "./Button";

const TITLES: Record<number, string> = {
  0: "The site does not answer",
  403: "Your roles do not allow this",
  404: "There is no such record",
};

/** What is the matter with an answer, what to do about it, and the way to ask again. */
export function Trouble({ error, again }: { error: ApiError; again: () => void }) {
  return (
    <section className="panel" role="alert">
      <h2>{TITLES[error.status] ?? "This part could not be read"}</h2>
      <p>{error.message}</p>
      {error.fix && <p className="dim">{error.fix}</p>}
      {error.requestId && <p className="dim small">request {error.requestId}</p>}
      {error.status !== 403 && (
        <Button small kind="plain" onClick={again}>
          Ask again
        </Button>
      )}
    </section>
  );
}

/** Stands where an answer will be; seen only when it takes longer than a blink. */
export function Waiting() {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">Loading</span>
      <div />
      <div />
    </div>
  );
}

interface Props<T> {
  answer: Answer<T>;
  /** The sentence of an empty page, where the answer holds nothing. */
  empty?: (data: T) => ReactNode | null;
  children: (data: T) => ReactNode;
}

/** An answer in each of its states: loading, no permission, error, offline with what was known, empty, there. */
export function Shown<T>({ answer, empty, children }: Props<T>) {
  const again = () => void answer.refetch();
  if (answer.data === undefined) {
    if (answer.error) return <Trouble error={answer.error} again={again} />;
    return <Waiting />;
  }
  const nothing = empty?.(answer.data);
  return (
    <>
      {answer.error && (
        <p className="state warn" role="status">
          Shown as of {new Date(answer.dataUpdatedAt).toLocaleTimeString()}: {answer.error.message}
        </p>
      )}
      {nothing ? <section className="panel dim">{nothing}</section> : children(answer.data)}
    </>
  );
}
