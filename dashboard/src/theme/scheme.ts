import { useSyncExternalStore } from "react";

export type Scheme = "light" | "dark";

const KEY = "rounds-palette";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const kept = (): Scheme | null => {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : null;
};
const listeners = new Set<() => void>();
let shown: Scheme;

const show = (): void => {
  shown = kept() ?? (dark.matches ? "dark" : "light");
  document.documentElement.setAttribute("data-mantine-color-scheme", shown);
  for (const listener of listeners) listener();
};
show();
dark.addEventListener("change", show);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The palette: the system's until the person chooses. */
export const useScheme = (): Scheme => useSyncExternalStore(subscribe, () => shown);

export const turnScheme = (): void => {
  localStorage.setItem(KEY, shown === "dark" ? "light" : "dark");
  show();
};
