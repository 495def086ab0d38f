import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { heardClock, heardZone } from "../parts/format";
import { type ApiError, get, onAnswer, post } from "./client";
import type { Session, Start } from "./types";

const RENEW_EVERY_MS = 120_000;

interface Known {
  session: Session | null;
  /** Why nobody is signed in, where there is a reason to tell. */
  ended: string | null;
  loading: boolean;
  enter: (key: string, code: string) => Promise<void>;
  leave: () => Promise<void>;
}

const Context = createContext<Known | null>(null);

export const useSession = (): Known => {
  const known = useContext(Context);
  if (!known) throw new Error("no session around");
  return known;
};

/** Whether the roles allow a write, and if not the sentence that a disabled button shows. */
export const useMay = (act: string): { may: boolean; why: string | undefined } => {
  const { session } = useSession();
  const may = session?.may.includes(act) ?? false;
  return {
    may,
    why: may ? undefined : `your roles (${session?.roles.join(", ") || "none"}) do not allow this`,
  };
};

/** What the first answer brought along is known under the addresses that pages ask. */
const seed = (queries: QueryClient, found: Start): void => {
  const known: [string, unknown][] = [
    ["/dashboard/overview", found.overview],
    ["/alerts", found.alerts],
    ["/approvals", found.approvals],
    ["/models/ab-test", found.ab_test],
    ["/datasets", found.datasets],
  ];
  for (const [path, answer] of known) queries.setQueryData([path, {}], answer);
};

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, keep] = useState<Session | null>(null);
  const setSession = useCallback((next: Session | null) => {
    if (next) {
      heardClock(next.now);
      heardZone(next.timezone);
    }
    keep(next);
  }, []);
  const [ended, setEnded] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const queries = useQueryClient();

  useEffect(() => {
    get<Start>("/dashboard/start")
      .then((found) => {
        if (found.session) seed(queries, found);
        setSession(found.session);
      })
      .catch((error: ApiError) => setEnded(error.message))
      .finally(() => setLoading(false));
  }, [queries, setSession]);

  useEffect(
    () =>
      onAnswer((error) => {
        if (error?.status !== 401 || !session) return;
        setSession(null);
        setEnded(
          "Your session has ended: 15 minutes passed without a key or a click, or your key was revoked.",
        );
        queries.clear();
      }),
    [session, queries, setSession],
  );

  useEffect(() => {
    if (!session) return;
    let last = Date.now();
    const renew = () => {
      if (Date.now() - last < RENEW_EVERY_MS) return;
      last = Date.now();
      post<Session>("/session/renew").then(setSession, () => undefined);
    };
    const acts = ["pointerdown", "keydown"] as const;
    for (const act of acts) window.addEventListener(act, renew);
    return () => {
      for (const act of acts) window.removeEventListener(act, renew);
    };
  }, [session, setSession]);

  const enter = useCallback(
    async (key: string, code: string) => {
      setSession(await post<Session>("/session", code ? { key, code } : { key }));
      setEnded(null);
    },
    [setSession],
  );
  const leave = useCallback(async () => {
    await post("/session/end").catch(() => undefined);
    setSession(null);
    queries.clear();
  }, [queries, setSession]);
  const known = useMemo(
    () => ({ session, ended, loading, enter, leave }),
    [session, ended, loading, enter, leave],
  );
  return <Context.Provider value={known}>{children}</Context.Provider>;
}
