import type { ButtonHTMLAttributes } from "react";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** The main act of its place, one beside it, or one that takes something away. */
  kind?: "main" | "plain" | "danger";
  small?: boolean;
  /** It was pressed and its answer is not there yet. */
  busy?: boolean | undefined;
}

/** A button of the browser's own, in our palette. */
export function Button({ kind = "main", small, busy, disabled, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`button ${kind}${small ? " compact" : ""}`}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    />
  );
}
