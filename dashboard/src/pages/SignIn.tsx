import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiError, getHealth } from "../api/client";
import { useSession } from "../api/session";
import type { Health } from "../api/types";
import { Button } from "../parts/Button";
import { State } from "../parts/State";
import { Skin } from "../theme/Skin";

function Entrance() {
  const { enter, ended } = useSession();
  const [key, setKey] = useState("");
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const health = useQuery({
    queryKey: ["health"],
    queryFn: () => getHealth<Health>(),
    refetchInterval: 10_000,
  });
  const submit = async () => {
    setBusy(true);
    try {
      await enter(key, code);
    } catch (failure) {
      setError(failure as ApiError);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="sign-in panel stack">
      <h1>Rounds</h1>
      {ended && <p role="status">{ended}</p>}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextInput
          label="Key"
          description="Somebody who runs this site makes one: rounds key create --name NAME --role ROLE"
          type="password"
          autoComplete="current-password"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          required
        />
        {(code || error?.code === "second_factor_needed") && (
          <TextInput
            label="Code"
            description="The six digits that your device shows now"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        )}
        {error && (
          <p role="alert" className="state bad">
            {error.message}
          </p>
        )}
        <Button type="submit" busy={busy}>
          Sign in
        </Button>
      </form>
      <p className="dim">
        The site is{" "}
        {health.data ? (
          <State of={health.data.status} />
        ) : health.error ? (
          <State of="offline" />
        ) : (
          "being asked"
        )}
      </p>
      <p className="dim small">
        Rounds supports clinicians and decides nothing about a patient. <a href="/api/docs">The API</a>
      </p>
    </main>
  );
}

/** A key opens the pages; whether the site is well is for everybody to see. */
export default function SignIn() {
  return (
    <Skin>
      <Entrance />
    </Skin>
  );
}
