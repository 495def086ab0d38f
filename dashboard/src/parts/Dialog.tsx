import { Modal, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import type { ApiError } from "../api/client";
import { Skin } from "../theme/Skin";
import { Button } from "./Button";

export interface Props {
  open: boolean;
  title: string;
  /** What will be different afterwards, in a sentence. */
  effect: string;
  act: string;
  /** What must be typed before the act is enabled. */
  type?: string | undefined;
  /** Whether a reason is asked for; it goes into the record. */
  reason?: boolean;
  dangerous?: boolean;
  busy: boolean;
  error: ApiError | null;
  onAct: (reason: string) => void;
  onClose: () => void;
}

/** One act that is never done by a slip: its effect is told, and where it matters its object is typed. */
export default function Dialog({
  open,
  title,
  effect,
  act,
  type,
  reason,
  dangerous,
  busy,
  error,
  onAct,
  onClose,
}: Props) {
  const [typed, setTyped] = useState("");
  const [why, setWhy] = useState("");
  useEffect(() => {
    if (!open) return;
    setTyped("");
    setWhy("");
  }, [open]);
  const ready = (!type || typed.trim() === type) && (!reason || why.trim().length > 0);
  return (
    <Skin>
      <Modal
        opened={open}
        onClose={onClose}
        title={title}
        lockScroll={false}
        closeButtonProps={{ "aria-label": "Close" }}
        transitionProps={{ duration: 0 }}
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (ready && !busy) onAct(why.trim());
          }}
        >
          <p>{effect}</p>
          {reason && (
            <TextInput
              label="Why"
              description="Kept in the record"
              value={why}
              maxLength={500}
              onChange={(event) => setWhy(event.currentTarget.value)}
              required
            />
          )}
          {type && (
            <TextInput
              label={`Type ${type} to confirm`}
              value={typed}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setTyped(event.currentTarget.value)}
              required
            />
          )}
          {error && (
            <p role="alert" className="state bad">
              {error.message}
            </p>
          )}
          {error?.fix && <p className="dim">{error.fix}</p>}
          <div className="row acts">
            <Button type="submit" disabled={!ready} busy={busy} kind={dangerous ? "danger" : "main"}>
              {act}
            </Button>
            <Button kind="plain" onClick={onClose}>
              Cancel
            </Button>
          </div>
        </form>
      </Modal>
    </Skin>
  );
}
