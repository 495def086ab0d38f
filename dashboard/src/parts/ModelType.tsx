import { NativeSelect } from "@mantine/core";
import type { Version } from "../api/types";
import { useApi } from "../api/useApi";

/** Which of the site's questions a page is about; it stands in the address, so a link says it too. */
export function ModelType({ value, onChange }: { value: string; onChange: (next: string) => void }) {
  const versions = useApi<Version[]>("/models/available", { limit: 200 }).data ?? [];
  const types = [...new Set(["diagnosis", value, ...versions.map((version) => version.model_type)])].sort();
  if (types.length < 2) return null;
  return (
    <NativeSelect
      label="Model type"
      value={value}
      data={types}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
