import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schedule } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { ago, many, when, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

function One({ schedule }: { schedule: Schedule }) {
  const [cron, setCron] = useState(schedule.cron ?? "");
  const act = useAct<Schedule>(`/schedules/${schedule.schedule_id}`, ["/schedules"]);
  const say = (body: object) => void act.run(body).catch(() => undefined);
  return (
    <section className="panel stack" aria-label={schedule.name}>
      <div className="row between">
        <h2>{schedule.name}</h2>
        <State of={schedule.enabled ? "ok" : "paused"}>{schedule.enabled ? "on" : "off"}</State>
      </div>
      <p>
        Next: <strong>{schedule.next_run_at ? when(schedule.next_run_at) : "not by the clock"}</strong>
        {schedule.after_new_cases !== null && `, or after ${many(schedule.after_new_cases, "new case")}`}
        {schedule.quiet_hours && `, never within ${schedule.quiet_hours}`}.
      </p>
      <p className="dim">
        Last:{" "}
        {schedule.last_fired_at
          ? `${ago(schedule.last_fired_at)}, ${words(schedule.last_outcome ?? "")}`
          : "never"}
        . Times are those of {schedule.timezone}.
      </p>
      <form
        className="row acts"
        onSubmit={(event) => {
          event.preventDefault();
          say({ cron });
        }}
      >
        <TextInput
          label="When (minute hour day month weekday)"
          value={cron}
          onChange={(event) => setCron(event.currentTarget.value)}
        />
        <Gated
          act="POST /schedules/{schedule_id}"
          kind="plain"
          refused={cron === (schedule.cron ?? "") ? "the time is as it was" : undefined}
          onClick={() => say({ cron })}
        >
          Move
        </Gated>
        <Gated
          act="POST /schedules/{schedule_id}"
          kind="plain"
          onClick={() => say({ enabled: !schedule.enabled })}
        >
          {schedule.enabled ? "Switch off" : "Switch on"}
        </Gated>
      </form>
      {act.error && (
        <p role="alert" className="state bad">
          {act.error.message}
        </p>
      )}
    </section>
  );
}

/** What runs by itself and when; an edit counts from the next tick on. */
export default function Schedules() {
  const schedules = useApi<Schedule[]>("/schedules");
  return (
    <div className="stack">
      <h1>Schedules</h1>
      <Shown
        answer={schedules}
        empty={(found) =>
          found.length ? null : "Nothing runs by itself yet; the scheduler adds its own at its first start."
        }
      >
        {(found) => (
          <div className="columns">
            {found.map((schedule) => (
              <One key={`${schedule.schedule_id} ${schedule.cron}`} schedule={schedule} />
            ))}
          </div>
        )}
      </Shown>
    </div>
  );
}
