import { type ReactNode, useId } from "react";
import { useMay } from "../api/session";
import { Button, type ButtonProps } from "./Button";

interface Props extends ButtonProps {
  /** The write behind the button, as the session's list names it. */
  act: string;
  /** Why it cannot be done now, whoever asks. */
  refused?: string | undefined;
  /** What a reader hears, where the word on the button alone would not say what it is about. */
  label?: string;
  onClick: () => void;
  children: ReactNode;
}

/** A button that stays readable when it may not be used, and says why. */
export function Gated({ act, refused, label, onClick, children, ...rest }: Props) {
  const { may, why } = useMay(act);
  const id = useId();
  const reason = may ? refused : why;
  return (
    <span className="row">
      <Button
        {...rest}
        aria-label={label}
        aria-disabled={reason ? true : undefined}
        aria-describedby={reason ? id : undefined}
        onClick={() => !reason && onClick()}
      >
        {children}
      </Button>
      {reason && (
        <span id={id} className="dim small">
          {reason}
        </span>
      )}
    </span>
  );
}
