import { lazy, Suspense, useState } from "react";
import type { Props } from "./Dialog";

const Dialog = lazy(() => import("./Dialog"));

/** A dialog that is loaded when it is first opened, and then stays, so that it gives the focus back. */
export function Confirm(props: Props) {
  const [wanted, setWanted] = useState(false);
  if (props.open && !wanted) setWanted(true);
  if (!wanted) return null;
  return (
    <Suspense fallback={null}>
      <Dialog {...props} />
    </Suspense>
  );
}
