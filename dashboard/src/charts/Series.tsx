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
  ys: (number | null)[];
}

const HEIGHT = 220;
const SHOWN_ROWS = 50;
const figure = (value: number | null | undefined) =>
  value === null || value === undefined ? "–" : Number(value.toPrecision(4)).toString();
const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A curve that keeps up with its run; the same figures stand below it as a table and go out as CSV. */
export default function Series({ title, unit, axis, xs, ys }: Props) {
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
          { label: title, stroke: token("--accent"), width: 2, points: { show: false } },
        ],
        legend: { show: false },
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
  }, [title, unit, axis]);
  useEffect(() => plot.current?.setData([xs, ys]), [xs, ys]);
  const last = xs.length - 1;
  const columns = [
    { name: axis, show: (index: number) => xs[index] ?? "", number: true },
    {
      name: unit ? `${title} (${unit})` : title,
      show: (index: number) => figure(ys[index]),
      value: (index: number) => ys[index],
      number: true,
    },
  ];
  const rows = xs.map((_, index) => index);
  return (
    <figure className="panel">
      <figcaption>
        {title}: <strong data-testid={`last-${title}`}>{figure(ys[last])}</strong> {unit} at {axis}{" "}
        {xs[last] ?? "–"} (n {xs.length})
      </figcaption>
      <div
        ref={place}
        className="plot"
        role="img"
        aria-label={`${title} by ${axis}, ${xs.length} points, now ${figure(ys[last])} ${unit}`}
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
