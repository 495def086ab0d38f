import { Fragment } from "react";

const REDACTED = /(\[[A-Z][A-Z0-9 _-]{1,30}\])/;

/** A note as text and nothing else; what was taken out of it stands as labelled chips. */
export function Note({ text, preparing }: { text: string | null; preparing?: boolean }) {
  if (preparing) return <p className="dim">Names are being taken out of the text. Ask again in a moment.</p>;
  if (text === "") return <p className="dim">The text cannot be shown without names. Read the record.</p>;
  if (text === null) return <p className="dim">The text is not kept any more.</p>;
  return (
    <section className="note" dir="auto" aria-label="The de-identified note" tabIndex={0}>
      {text.split(REDACTED).map((piece, index) =>
        REDACTED.test(piece) ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places
          <span key={index} className="chip" title="taken out before anybody saw it">
            {piece.slice(1, -1).toLowerCase()}
          </span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places
          <Fragment key={index}>{piece}</Fragment>
        ),
      )}
    </section>
  );
}
