import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { onAnswer } from "../api/client";
import { type LiveState, type SiteEvent, Stream } from "./stream";

const Context = createContext<Stream | null>(null);

export function LiveProvider({ url, children }: { url: string; children: ReactNode }) {
  const queries = useQueryClient();
  const stream = useMemo(() => new Stream(url, queries), [url, queries]);
  useEffect(() => stream.open(), [stream]);
  useEffect(() => onAnswer((error) => stream.polled(error?.status !== 0)), [stream]);
  return <Context.Provider value={stream}>{children}</Context.Provider>;
}

const useStream = (): Stream => {
  const stream = useContext(Context);
  if (!stream) throw new Error("no stream around");
  return stream;
};

export const useLive = (): LiveState => {
  const stream = useStream();
  return useSyncExternalStore(stream.subscribe, stream.snapshot);
};

export const useSiteEvents = (listener: (event: SiteEvent) => void): void => {
  const stream = useStream();
  useEffect(() => stream.onEvent(listener), [stream, listener]);
};
