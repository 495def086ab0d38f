import {
  keepPreviousData,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useLive } from "../live/useLive";
import { type ApiError, get, type Params, post } from "./client";

const LIVE_EVERY_MS = 60_000;
const POLL_EVERY_MS = 5_000;

const ONCE = {
  staleTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
};

export type Answer<T> = UseQueryResult<T, ApiError>;

/** One address, kept fresh: events say when it changed; without the stream it is asked every 5 seconds.

What is written down each time it is read is asked `once`, and again only by a person. */
export const useApi = <T>(
  path: string | null,
  params?: Params,
  { once = false }: { once?: boolean } = {},
): Answer<T> => {
  const live = useLive();
  return useQuery<T, ApiError>({
    // No event asks again for what is asked once: events know addresses by how they begin.
    queryKey: [once ? `once ${path}` : (path ?? ""), params ?? {}],
    queryFn: ({ signal }) => get<T>(path ?? "", params, signal),
    enabled: path !== null,
    placeholderData: keepPreviousData,
    ...(once ? ONCE : { refetchInterval: live.state === "live" ? LIVE_EVERY_MS : POLL_EVERY_MS }),
  });
};

export interface Act<T> {
  run: (body?: object) => Promise<T>;
  busy: boolean;
  error: ApiError | null;
  done: T | undefined;
  reset: () => void;
}

/** A write that names what it changes; a repeat of the same click acts once. */
export const useAct = <T>(path: string, touches: string[]): Act<T> => {
  const queries = useQueryClient();
  const { mutateAsync, isPending, error, data, reset } = useMutation<
    T,
    ApiError,
    { body?: object; key: string }
  >({
    mutationFn: ({ body, key }) => post<T>(path, body, key),
    retry: (failures, failure) => failures < 2 && (failure.status === 0 || failure.status === 503),
    onSettled: () =>
      queries.invalidateQueries({
        predicate: (query) => touches.some((prefix) => String(query.queryKey[0]).startsWith(prefix)),
      }),
  });
  const run = (body?: object) => {
    const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
    return mutateAsync(body ? { body, key } : { key });
  };
  return { run, busy: isPending, error, done: data, reset };
};
