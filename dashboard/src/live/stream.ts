import type { QueryClient } from "@tanstack/react-query";

/** One row of the event table, as the stream sends it. */
export interface SiteEvent {
  seq: number;
  at: string;
  kind: string;
  subject: string;
  data: Record<string, unknown>;
}

export interface LiveState {
  state: "live" | "delayed" | "offline";
  /** When the site last spoke, by this browser's clock. */
  heardAt: number;
}

// What a kind of event changes, as the first part of the queries' keys.
const TOUCHES: [RegExp, string[]][] = [
  [/^training_jobs|^lease/, ["/training/jobs", "/dashboard/overview"]],
  [
    /^model_versions|^deployments|^plans|^approvals/,
    ["/models", "/plans", "/approvals", "/dashboard/overview", "/performance"],
  ],
  [
    /^validated_cases|^collection_runs|^persons|^readings/,
    ["/cases", "/worklist", "/runs", "/dashboard/overview"],
  ],
  [/^dataset_versions/, ["/datasets", "/dashboard/overview"]],
  [/^alerts/, ["/alerts", "/dashboard/overview"]],
  [/^policies/, ["/policies"]],
  [/^schedules/, ["/schedules", "/cases/statistics"]],
];
const SETTLE_MS = 150;
const SILENT_MS = 15_000;
const RETRY_MS = [500, 1000, 2000, 5000];

type EventListener = (event: SiteEvent) => void;

/** The one stream of this page: keeps itself connected, tells what changed, and how fresh the page is. */
export class Stream {
  private source: EventSource | null = null;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private touched = new Set<string>();
  private flush: ReturnType<typeof setTimeout> | undefined;
  private seen = new Set<number>();
  private last = 0;
  private state: LiveState = { state: "delayed", heardAt: Date.now() };
  private readonly changed = new Set<() => void>();
  private readonly told = new Set<EventListener>();
  private readonly url: string;
  private readonly queries: QueryClient;

  constructor(url: string, queries: QueryClient) {
    this.url = url;
    this.queries = queries;
  }

  open = (): (() => void) => {
    this.connect();
    this.watch = setInterval(this.look, 1000);
    return () => {
      clearTimeout(this.timer);
      clearInterval(this.watch);
      clearTimeout(this.flush);
      this.source?.close();
    };
  };

  snapshot = (): LiveState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.changed.add(listener);
    return () => this.changed.delete(listener);
  };

  onEvent = (listener: EventListener): (() => void) => {
    this.told.add(listener);
    return () => this.told.delete(listener);
  };

  /** The API answered a poll (true) or nobody did (false). */
  polled = (answered: boolean): void => {
    if (answered && this.state.state === "live") return;
    this.set(answered ? "delayed" : "offline", answered);
  };

  private connect = (): void => {
    const resume = this.last ? `?after=${this.last}` : "";
    const source = new EventSource(this.url + resume, { withCredentials: true });
    this.source = source;
    source.onopen = () => {
      this.tries = 0;
      this.set("live", true);
    };
    source.addEventListener("beat", (beat) => this.heard(beat));
    source.addEventListener("reset", (reset) => {
      this.heard(reset);
      void this.queries.invalidateQueries();
    });
    source.onmessage = (message: MessageEvent<string>) => {
      this.heard(message);
      this.take(JSON.parse(message.data) as SiteEvent);
    };
    source.onerror = () => {
      // A new one by our own clock: the browser gives up for good on some answers.
      source.close();
      if (this.state.state === "live") this.set("delayed", false);
      this.timer = setTimeout(this.connect, RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
    };
  };

  private heard = (message: MessageEvent): void => {
    this.set("live", true);
    if (message.lastEventId) this.last = Number(message.lastEventId);
  };

  private take = (event: SiteEvent): void => {
    if (this.seen.has(event.seq)) return;
    this.seen.add(event.seq);
    if (this.seen.size > 5000) this.seen = new Set([...this.seen].slice(-1000));
    for (const listener of this.told) listener(event);
    for (const [kind, keys] of TOUCHES)
      if (kind.test(event.kind)) for (const key of keys) this.touched.add(key);
    this.flush ??= setTimeout(this.refresh, SETTLE_MS);
  };

  private refresh = (): void => {
    this.flush = undefined;
    const touched = [...this.touched];
    this.touched.clear();
    void this.queries.invalidateQueries({
      predicate: (query) => touched.some((prefix) => String(query.queryKey[0]).startsWith(prefix)),
    });
  };

  private look = (): void => {
    if (this.state.state === "live" && Date.now() - this.state.heardAt > SILENT_MS) {
      this.source?.close();
      this.set("delayed", false);
      this.connect();
    } else if (this.state.state !== "live") {
      this.tell();
    }
  };

  private set(state: LiveState["state"], heard: boolean): void {
    const before = this.state;
    this.state = { state, heardAt: heard ? Date.now() : before.heardAt };
    if (before.state !== state) this.tell();
  }

  private tell(): void {
    this.state = { ...this.state };
    for (const listener of this.changed) listener();
  }
}
