import { type ReactNode, useState } from "react";
import { Button } from "./Button";

export interface Column<Row> {
  name: string;
  /** What the cell shows. */
  show: (row: Row) => ReactNode;
  /** What the file holds; the cell itself where it is text already. */
  value?: (row: Row) => string | number | null | undefined;
  number?: boolean;
}

const quoted = (value: unknown): string => {
  const text = value === null || value === undefined ? "" : String(value);
  // A spreadsheet must read a cell as text even where it begins like a formula.
  const harmless = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

export const csv = <Row,>(columns: Column<Row>[], rows: Row[]): string =>
  [
    columns.map((column) => quoted(column.name)).join(","),
    ...rows.map((row) => columns.map((column) => quoted((column.value ?? column.show)(row))).join(",")),
  ].join("\r\n");

export const download = (name: string, text: string, kind = "text/csv"): void => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  id: (row: Row) => string;
  chosen?: (row: Row) => boolean;
  /** The name of the CSV file; none where the table is too small to want one. */
  file?: string;
  /** How many rows stand there before somebody asks for all; the file always holds all. */
  most?: number;
}

/** A table that can be read on a narrow screen and taken along as CSV. */
export function DataTable<Row>({ caption, columns, rows, id, chosen, file, most }: Props<Row>) {
  const [all, setAll] = useState(false);
  const cut = !all && most !== undefined && rows.length > most;
  const shown = cut ? rows.slice(0, most) : rows;
  return (
    <div>
      <div className="scroll" role="region" aria-label={caption} tabIndex={0}>
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.name} scope="col" className={column.number ? "number" : undefined}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={id(row)} className={chosen?.(row) ? "chosen" : undefined}>
                {columns.map((column) => (
                  <td key={column.name} className={column.number ? "number" : undefined}>
                    {column.show(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(file || cut) && (
        <div className="acts row">
          {cut && (
            <Button small kind="plain" onClick={() => setAll(true)}>
              Show all {rows.length}
            </Button>
          )}
          {file && (
            <Button
              small
              kind="plain"
              aria-label={`CSV: ${caption}`}
              onClick={() => download(`${file}.csv`, csv(columns, rows))}
            >
              CSV
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
