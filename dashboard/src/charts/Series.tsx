import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { Button } from "../parts/Button";
import { csv, DataTable, download } from "../parts/DataTable";

interface Props {
  title: string;
  unit: string;
  /** What the first axis counts. */
  axis: string;
  xs: number[];
  /** One curve, or several to be compared; each as long as `xs`. */
  lines: Line[];
}

export interface Line {
  name: string;
  ys: (number | null)[];
}

const HEIGHT = 220;
const SHOWN_ROWS = 50;
const figure = (value: number | null | undefined) =>
  value === null || value === undefined ? "–" : Number(value.toPrecision(4)).toString();
// Told apart without colour, too: by their dashes.
const LOOKS: [string, number[]][] = [
  ["--accent", []],
  ["--bad", [8, 4]],
  ["--info", [3, 3]],
  ["--warn", [12, 3, 3, 3]],
  ["--ok", [1, 4]],
  ["--text", [16, 6]],
];
export const LINES_MOST = LOOKS.length;
const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A curve that keeps up with its run; the same figures stand below it as a table and go out as CSV. */
export default function Series({ title, unit, axis, xs, lines }: Props) {
  const names = lines.map((line) => line.name).join("\n");
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const axisOf = (label: string, size: number): uPlot.Axis => ({
      label,
      stroke: token("--text"),
      grid: { stroke: token("--line"), width: 1 },
      ticks: { stroke: token("--line") },
      size,
      values: (_, found) => found.map((value) => figure(value)),
    });
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height: HEIGHT,
        scales: { x: { time: false } },
        axes: [axisOf(axis, 36), axisOf(unit || title, 72)],
        series: [
          { label: axis },
          ...names.split("\n").map((label, index) => {
            const [colour, dash] = LOOKS[index % LOOKS.length] ?? ["--accent", []];
            return { label, stroke: token(colour), dash, width: 2, points: { show: false }, spanGaps: true };
          }),
        ],
        legend: { show: names.includes("\n"), live: false },
      },
      [[], []],
      element,
    );
    plot.current = made;
    const watch = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth || 300, height: HEIGHT }),
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [title, unit, axis, names]);
  // A plot that was made anew is empty, so its names stand among what this depends on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => plot.current?.setData([xs, ...lines.map((line) => line.ys)]), [xs, lines, names]);
  const first = lines[0];
  const last = first ? first.ys.findLastIndex((value) => value !== null) : -1;
  const columns = [
    { name: axis, show: (index: number) => xs[index] ?? "", number: true },
    ...lines.map((line) => ({
      name: unit ? `${line.name} (${unit})` : line.name,
      show: (index: number) => figure(line.ys[index]),
      value: (index: number) => line.ys[index],
      number: true,
    })),
  ];
  const rows = xs.map((_, index) => index);
  return (
    <figure className="panel">
      <figcaption>
        {title}
        {lines.length === 1 && (
          <>
            : <strong data-testid={`last-${title}`}>{figure(first?.ys[last])}</strong> {unit} at {axis}{" "}
            {xs[last] ?? "–"} (n {xs.length})
          </>
        )}
      </figcaption>
      <div
        ref={place}
        className="plot"
        role="img"
        aria-label={`${title} by ${axis}, ${xs.length} points, now ${lines.map((line) => `${line.name} ${figure(line.ys.findLast((value) => value !== null))}`).join(", ")} ${unit}`}
      />
      <div className="acts row">
        <Button small kind="plain" onClick={() => download(`${title}.csv`, csv(columns, rows))}>
          CSV
        </Button>
      </div>
      <details>
        <summary>The last {Math.min(SHOWN_ROWS, xs.length)} as a table</summary>
        <DataTable
          caption={title}
          columns={columns}
          rows={rows.slice(-SHOWN_ROWS).reverse()}
          id={(index) => String(index)}
        />
      </details>
    </figure>
  );
}
