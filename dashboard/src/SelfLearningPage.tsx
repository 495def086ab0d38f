import { createTheme, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter } from "react-router";
import { SessionProvider, useSession } from "./api/session";
import { LiveProvider } from "./live/useLive";
import { SignIn } from "./pages/SignIn";
import { SelfLearningDashboard } from "./SelfLearningDashboard";
import { type Scheme, useScheme } from "./theme/scheme";

const theme = createTheme({
  fontFamily: "system-ui, sans-serif",
  defaultRadius: "sm",
  components: { Button: { defaultProps: { variant: "filled" } } },
});
const queries = new QueryClient({
  defaultOptions: {
    // A patient's note stays in memory for the visit of its page and no longer.
    queries: { retry: 1, staleTime: 1_000, gcTime: 60_000, refetchOnWindowFocus: true },
  },
});

function Gate({ scheme, turn }: { scheme: Scheme; turn: () => void }) {
  const { session, loading } = useSession();
  if (loading)
    return (
      <p role="status" className="visually-hidden">
        Loading
      </p>
    );
  if (!session) return <SignIn />;
  return (
    <LiveProvider url={session.events_url}>
      <SelfLearningDashboard scheme={scheme} turn={turn} />
    </LiveProvider>
  );
}

/** The page as a whole: palette, session, answers kept in memory, addresses. No style or script stands inline. */
export function SelfLearningPage() {
  const [scheme, turn] = useScheme();
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme={scheme}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queries}>
        <SessionProvider>
          <BrowserRouter>
            <Gate scheme={scheme} turn={turn} />
          </BrowserRouter>
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
