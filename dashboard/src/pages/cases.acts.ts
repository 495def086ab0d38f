import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { type ApiError, BASE, post } from "../api/client";
import type { Taken, WorkItem } from "../api/types";

export const UNDO_MS = 10_000;

/** One decision that can still be taken back. */
export interface Pending {
  id: string;
  says: string;
  path: string;
  body: object;
  timer: ReturnType<typeof setTimeout>;
}

export const idOf = (item: WorkItem): string =>
  item.reading_id ?? `${item.kind}-${item.case_id ?? item.words}`;

/** Decisions wait ten seconds for a second thought; leaving the page sends them at once. */
export const useDecisions = () => {
  const [pending, setPending] = useState<Pending[]>([]);
  const [failed, setFailed] = useState<{ says: string; error: ApiError } | null>(null);
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const waiting = useRef<Pending[]>([]);
  const queries = useQueryClient();

  const keep = useCallback((next: Pending[]) => {
    waiting.current = next;
    setPending(next);
  }, []);

  const send = useCallback(
    async (one: Pending) => {
      clearTimeout(one.timer);
      keep(waiting.current.filter((other) => other.id !== one.id));
      try {
        await post<Taken>(
          one.path,
          one.body,
          `decision-${one.id}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`,
        );
      } catch (error) {
        setDone((before) => new Set([...before].filter((id) => id !== one.id)));
        setFailed({ says: one.says, error: error as ApiError });
      }
      void queries.invalidateQueries({ queryKey: ["/dashboard/overview"] });
    },
    [keep, queries],
  );

  const decide = useCallback(
    (item: WorkItem, says: string, body: object, path = "/validations") => {
      const id = idOf(item);
      setFailed(null);
      setDone((before) => new Set(before).add(id));
      const one: Pending = { id, says, path, body, timer: setTimeout(() => void send(one), UNDO_MS) };
      keep([...waiting.current, one]);
    },
    [keep, send],
  );

  const undo = useCallback(() => {
    const last = waiting.current.at(-1);
    if (!last) return;
    clearTimeout(last.timer);
    keep(waiting.current.filter((one) => one.id !== last.id));
    setDone((before) => new Set([...before].filter((id) => id !== last.id)));
  }, [keep]);

  const sendAll = useCallback(() => {
    for (const one of [...waiting.current]) void send(one);
  }, [send]);

  useEffect(() => {
    const leave = () => {
      for (const one of waiting.current) {
        clearTimeout(one.timer);
        void fetch(`${BASE}${one.path}`, {
          method: "POST",
          keepalive: true,
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(one.body),
        });
      }
      waiting.current = [];
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);

  return { pending, failed, done, decide, undo, sendAll };
};
