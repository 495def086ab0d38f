import { ago, inSiteZone, when } from "./format";

/** An instant in the reader's zone; how long ago it was and the site's own time stand behind it. */
export function When({ at }: { at: string | null | undefined }) {
  if (!at) return "–";
  return (
    <time className="nowrap" dateTime={at} title={`${ago(at)}; at the site ${inSiteZone(at)}`}>
      {when(at)}
    </time>
  );
}
