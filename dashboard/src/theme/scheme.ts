import { useEffect, useState } from "react";

export type Scheme = "light" | "dark";

const KEY = "rounds-palette";
const system = (): Scheme => (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const kept = (): Scheme | null => {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : null;
};

/** The palette: the system's until the person chooses. */
export const useScheme = (): [Scheme, () => void] => {
  const [scheme, setScheme] = useState<Scheme>(() => kept() ?? system());
  useEffect(() => {
    const media = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setScheme(kept() ?? system());
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, []);
  const turn = () => {
    const next = scheme === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, next);
    setScheme(next);
  };
  return [scheme, turn];
};
