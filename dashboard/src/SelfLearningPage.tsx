import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { BrowserRouter } from "react-router";
import { SessionProvider, useSession } from "./api/session";
import { LiveProvider } from "./live/useLive";
import { SelfLearningDashboard } from "./SelfLearningDashboard";

const SignIn = lazy(() => import("./pages/SignIn"));
const queries = new QueryClient({
  defaultOptions: {
    // A patient's note stays in memory for the visit of its page and no longer.
    queries: { retry: 1, staleTime: 1_000, gcTime: 60_000, refetchOnWindowFocus: true },
  },
});

function Loading() {
  return (
    <p role="status" className="visually-hidden">
      Loading
    </p>
  );
}

function Gate() {
  const { session, loading } = useSession();
  if (loading) return <Loading />;
  if (!session)
    return (
      <Suspense fallback={<Loading />}>
        <SignIn />
      </Suspense>
    );
  return (
    <LiveProvider url={session.events_url}>
      <SelfLearningDashboard />
    </LiveProvider>
  );
}

/** The page as a whole: session, answers kept in memory, addresses. No style or script stands inline. */
export function SelfLearningPage() {
  return (
    <QueryClientProvider client={queries}>
      <SessionProvider>
        <BrowserRouter>
          <Gate />
        </BrowserRouter>
      </SessionProvider>
    </QueryClientProvider>
  );
}
