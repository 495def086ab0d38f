import { NativeSelect, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { Schedule } from "../api/types";
import { useAct, useApi } from "../api/useApi";
import { ActButton } from "../parts/ActButton";
import { ago, inSiteZone, many, when, words } from "../parts/format";
import { Gated } from "../parts/Gated";
import { Shown } from "../parts/Shown";
import { State } from "../parts/State";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** A cron line in words where it is one of the usual ones. */
const inWords = (cron: string): string => {
  const [minute = "", hour = "", day, month, weekday = "*"] = cron.split(" ");
  const often = /^\*\/(\d+) \* \* \* \*$/.exec(cron);
  if (often) return `Every ${often[1]} minutes`;
  if (day !== "*" || month !== "*" || !/^\d+$/.test(minute)) return cron;
  const past = minute.padStart(2, "0");
  if (hour === "*") return `Every hour, ${minute} past`;
  if (!/^\d+$/.test(hour)) return cron;
  const at = `${hour.padStart(2, "0")}:${past}`;
  if (weekday === "*") return `Every day at ${at}`;
  return /^[0-7]$/.test(weekday) ? `Every ${DAYS[Number(weekday) % 7]} at ${at}` : cron;
};

interface FormProps {
  of: string;
  act: string;
  path: string;
  fields: [key: string, label: string, before: string][];
  send: (values: Record<string, string>) => object;
  does: string;
  children?: ReactNode;
}

/** Fields that are sent together, and only where one of them changed. */
function Fields({ of, act, path, fields, send, does, children }: FormProps) {
  const [values, setValues] = useState(Object.fromEntries(fields.map(([key, , before]) => [key, before])));
  const { run, error, busy, done } = useAct<{ message?: string }>(path, ["/schedules"]);
  const same = fields.every(([key, , before]) => (values[key] ?? "") === before);
  const say = () => void run(send(values)).catch(() => undefined);
  return (
    <form
      className="row end acts"
      aria-label={of}
      onSubmit={(event) => {
        event.preventDefault();
        if (!same) say();
      }}
    >
      {fields.map(([key, label]) => (
        <TextInput
          key={key}
          label={label}
          value={values[key] ?? ""}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setValues((before) => ({ ...before, [key]: value }));
          }}
        />
      ))}
      <Gated
        act={act}
        kind="plain"
        busy={busy}
        refused={same ? "nothing was changed" : undefined}
        onClick={say}
      >
        {does}
      </Gated>
      {children}
      {done?.message && <span role="status">{done.message}</span>}
      {error && (
        <p role="alert" className="state bad">
          {error.message}
        </p>
      )}
    </form>
  );
}

/** When a model type trains: by the clock, by new cases, and never within some hours. */
function TrainingTerms({ schedule }: { schedule: Schedule }) {
  return (
    <Fields
      of={`Terms of ${schedule.name}`}
      act="POST /training/schedule"
      path="/training/schedule"
      fields={[
        ["after", "After so many new cases", String(schedule.after_new_cases ?? "")],
        ["quiet", "Never within (07:00-19:00)", schedule.quiet_hours ?? ""],
        ["zone", "Time zone", schedule.timezone],
      ]}
      send={({ after, quiet, zone }) => ({
        model_type: schedule.model_type,
        enabled: schedule.enabled,
        ...(after ? { after_new_cases: Number(after) } : {}),
        ...(quiet ? { quiet_hours: quiet } : {}),
        ...(zone ? { timezone: zone } : {}),
      })}
      does="Keep"
    />
  );
}

function One({ schedule }: { schedule: Schedule }) {
  return (
    <section className="panel stack" aria-label={schedule.name}>
      <div className="row between">
        <h2>{schedule.name}</h2>
        <State of={schedule.enabled ? "ok" : "paused"}>{schedule.enabled ? "on" : "off"}</State>
      </div>
      <p>
        {schedule.cron ? inWords(schedule.cron) : "Not by the clock"}
        {schedule.after_new_cases !== null && `, or after ${many(schedule.after_new_cases, "new case")}`}
        {schedule.quiet_hours && `, never within ${schedule.quiet_hours}`}. Next:{" "}
        <strong title={schedule.next_run_at ? inSiteZone(schedule.next_run_at) : undefined}>
          {schedule.enabled && schedule.next_run_at ? when(schedule.next_run_at) : "not by the clock"}
        </strong>
        .
      </p>
      <p className="dim">
        Last:{" "}
        {schedule.last_fired_at
          ? `${ago(schedule.last_fired_at)}, ${words(schedule.last_outcome ?? "")}`
          : "never"}
        . The line below is read in {schedule.timezone}.
      </p>
      <Fields
        of={`Time of ${schedule.name}`}
        act="POST /schedules/{schedule_id}"
        path={`/schedules/${schedule.schedule_id}`}
        fields={[["cron", "When (minute hour day month weekday)", schedule.cron ?? ""]]}
        send={({ cron }) => ({ cron })}
        does="Move"
      >
        <ActButton
          act="POST /schedules/{schedule_id}"
          path={`/schedules/${schedule.schedule_id}`}
          body={{ enabled: !schedule.enabled }}
          touches={["/schedules"]}
          kind="plain"
          says="Kept."
        >
          {schedule.enabled ? "Switch off" : "Switch on"}
        </ActButton>
      </Fields>
      {schedule.kind === "train" && <TrainingTerms schedule={schedule} />}
    </section>
  );
}

/** A training of a type that has no schedule yet. */
function Add({ types }: { types: string[] }) {
  const [type, setType] = useState(types[0] ?? "");
  if (!types.length) return null;
  return (
    <section className="panel stack">
      <h2>Train another type by itself</h2>
      <NativeSelect
        label="Model type"
        data={types}
        value={type}
        onChange={(event) => setType(event.currentTarget.value)}
      />
      <Fields
        key={type}
        of="A new schedule"
        act="POST /training/schedule"
        path="/training/schedule"
        fields={[["cron", "When (minute hour day month weekday)", ""]]}
        send={({ cron }) => ({ model_type: type, cron })}
        does="Add"
      />
    </section>
  );
}

/** What runs by itself and when; an edit counts from the next tick on. */
export default function Schedules() {
  const schedules = useApi<Schedule[]>("/schedules");
  const trained = schedules.data?.filter((one) => one.kind === "train").map((one) => one.model_type) ?? [];
  const missing = ["diagnosis", "segmentation"].filter((type) => !trained.includes(type));
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
          <>
            <div className="columns wide">
              {found.map((schedule) => (
                <One
                  key={[
                    schedule.schedule_id,
                    schedule.cron,
                    schedule.after_new_cases,
                    schedule.quiet_hours,
                  ].join()}
                  schedule={schedule}
                />
              ))}
            </div>
            <Add types={missing} />
          </>
        )}
      </Shown>
    </div>
  );
}
