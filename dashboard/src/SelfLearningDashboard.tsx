import { type ComponentType, lazy, Suspense, useEffect, useRef } from "react";
import { NavLink, Route, Routes, useLocation } from "react-router";
import { useSession } from "./api/session";
import { Overview } from "./pages/Overview";
import { Badge } from "./parts/Badge";
import { Button } from "./parts/Button";
import { Pause } from "./parts/Pause";
import { turnScheme, useScheme } from "./theme/scheme";

// A page comes with what its fields need; the overview has none and does not wait for it.
const page = (load: () => Promise<{ default: ComponentType }>) =>
  lazy(async () => {
    const [{ default: Page }, { Skin }] = await Promise.all([load(), import("./theme/Skin")]);
    return {
      default: () => (
        <Skin>
          <Page />
        </Skin>
      ),
    };
  });
const Cases = page(() => import("./pages/Cases"));
const Datasets = page(() => import("./pages/Datasets"));
const Training = page(() => import("./pages/Training"));
const Models = page(() => import("./pages/Models"));
const Experiment = page(() => import("./pages/Experiment"));
const Alerts = page(() => import("./pages/Alerts"));
const Schedules = page(() => import("./pages/Schedules"));
const Policy = page(() => import("./pages/Policy"));
const Audit = page(() => import("./pages/Audit"));
const Letter = page(() => import("./pages/Letter"));

const PLACES: { path: string; name: string; show: ComponentType }[] = [
  { path: "cases", name: "Cases", show: Cases },
  { path: "datasets", name: "Datasets", show: Datasets },
  { path: "training", name: "Training", show: Training },
  { path: "models", name: "Models", show: Models },
  { path: "experiment", name: "Experiment", show: Experiment },
  { path: "alerts", name: "Alerts", show: Alerts },
  { path: "schedules", name: "Schedules", show: Schedules },
  { path: "policy", name: "Policy", show: Policy },
  { path: "audit", name: "Audit", show: Audit },
];

/** A page that was opened gets the focus and the title, so that a reader hears where the person is. */
function useArrival() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    const place = PLACES.find((one) => pathname.startsWith(`/${one.path}`));
    document.title = `${place?.name ?? "Overview"} · Rounds`;
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return main;
}

/** The frame around every page: places, how fresh they are, the one switch, who is signed in. */
export function SelfLearningDashboard() {
  const scheme = useScheme();
  const { session, leave } = useSession();
  const main = useArrival();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="top row between">
        <NavLink className="brand" to="/">
          Rounds
        </NavLink>
        <nav aria-label="Pages" className="places">
          <NavLink to="/" end>
            Overview
          </NavLink>
          {PLACES.map((place) => (
            <NavLink key={place.path} to={`/${place.path}`}>
              {place.name}
            </NavLink>
          ))}
        </nav>
        <div className="row">
          <Badge />
          <Pause />
          <Button small kind="plain" onClick={turnScheme}>
            {scheme === "dark" ? "Light" : "Dark"}
          </Button>
          <span className="dim small" title={session?.roles.join(", ")}>
            {session?.name} (
            {(session?.roles.length ?? 0) > 2 ? `${session?.roles.length} roles` : session?.roles.join(", ")})
          </span>
          <Button small kind="plain" onClick={() => void leave()}>
            Sign out
          </Button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Suspense fallback={<p role="status">Loading the page…</p>}>
          <Routes>
            <Route index element={<Overview />} />
            {PLACES.map((place) => (
              <Route key={place.path} path={`${place.path}/*`} element={<place.show />} />
            ))}
            <Route path="letters/:name" element={<Letter />} />
            <Route path="*" element={<p>There is no such page.</p>} />
          </Routes>
        </Suspense>
      </main>
    </>
  );
}
