import type { PerformanceHistory } from "../api/types";
import { DataTable } from "../parts/DataTable";
import { estimated, when, whole, words } from "../parts/format";
import { When } from "../parts/When";

const WIDTH = 720;
const HEIGHT = 260;
const PAD = { left: 44, right: 12, top: 42, bottom: 40 };
const LOOKS = [
  { stroke: "var(--accent)", dash: "" },
  { stroke: "var(--bad)", dash: "8 4" },
  { stroke: "var(--info)", dash: "3 3" },
  { stroke: "var(--warn)", dash: "12 3 3 3" },
];
// Marks of who answers; a version that the gate refused never did.
const SERVES = /^(live|rolled_back|canary_\d+|standby)$/;
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

type Point = PerformanceHistory["series"][number];

/** Validated accuracy by the day of the answer, each version a line, each point with its interval. */
export function Live({ history }: { history: PerformanceHistory }) {
  const points = history.series.filter((point) => point.accuracy);
  const from = Math.min(...points.map((point) => Date.parse(point.starts_at)));
  const to = Math.max(...points.map((point) => Date.parse(point.ends_at)));
  const x = (instant: string) =>
    PAD.left + ((Date.parse(instant) - from) / Math.max(to - from, 1)) * (WIDTH - PAD.left - PAD.right);
  const y = (percent: number) => PAD.top + ((100 - percent) / 100) * (HEIGHT - PAD.top - PAD.bottom);
  const versions = [...new Set(points.map((point) => point.model_version))];
  const marks = history.marks.filter(
    (mark) => SERVES.test(mark.kind) && Date.parse(mark.at) >= from && Date.parse(mark.at) <= to,
  );
  const last = points.at(-1);
  return (
    <>
      <svg
        className="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Live accuracy by day, ${points.length} points; last ${last?.model_version} ${estimated(last?.accuracy)}`}
      >
        {[0, 25, 50, 75, 100].map((percent) => (
          <g key={percent}>
            <line x1={PAD.left} x2={WIDTH - PAD.right} y1={y(percent)} y2={y(percent)} stroke="var(--line)" />
            <text x={PAD.left - 6} y={y(percent) + 4} textAnchor="end" className="dim">
              {percent}
            </text>
          </g>
        ))}
        {marks.map((mark, index) => (
          <g key={mark.at + mark.title}>
            <line
              x1={x(mark.at)}
              x2={x(mark.at)}
              y1={PAD.top}
              y2={HEIGHT - PAD.bottom}
              stroke="var(--edge)"
              strokeDasharray="2 3"
            >
              <title>{words(mark.title)}</title>
            </line>
            <text
              x={x(mark.at)}
              y={PAD.top - 8 - 16 * (index % 2)}
              textAnchor={x(mark.at) > WIDTH - 120 ? "end" : "middle"}
            >
              {words(mark.kind)} {mark.model_version}
            </text>
          </g>
        ))}
        {versions.map((version, index) => (
          <Line
            key={version}
            look={LOOKS[index % LOOKS.length] ?? LOOKS[0]}
            points={points.filter((point) => point.model_version === version)}
            x={x}
            y={y}
          />
        ))}
        {[...new Set([points[0], points[Math.floor(points.length / 2)], last])].map(
          (point) =>
            point && (
              <text
                key={point.starts_at}
                x={x(point.starts_at)}
                y={HEIGHT - PAD.bottom + 16}
                textAnchor={point === last ? "end" : "middle"}
                className="dim"
              >
                {day.format(new Date(point.starts_at))}
              </text>
            ),
        )}
        {versions.map((version, index) => (
          <g key={version} transform={`translate(${PAD.left + index * 150}, ${HEIGHT - 10})`}>
            <line
              x1={0}
              x2={24}
              y1={-4}
              y2={-4}
              strokeWidth="2.5"
              stroke={LOOKS[index % LOOKS.length]?.stroke}
              strokeDasharray={LOOKS[index % LOOKS.length]?.dash}
            />
            <text x={30}>{version}</text>
          </g>
        ))}
      </svg>
      <details>
        <summary>The {whole(history.series.length)} points as a table</summary>
        <Table points={history.series} />
      </details>
    </>
  );
}

interface LineProps {
  look: (typeof LOOKS)[number] | undefined;
  points: Point[];
  x: (instant: string) => number;
  y: (percent: number) => number;
}

function Line({ look, points, x, y }: LineProps) {
  const at = (point: Point) => (x(point.starts_at) + x(point.ends_at)) / 2;
  return (
    <g stroke={look?.stroke} fill="none">
      <polyline
        points={points.map((point) => `${at(point)},${y(point.accuracy?.value ?? 0)}`).join(" ")}
        strokeWidth="2.5"
        strokeDasharray={look?.dash}
      />
      {points.map((point) => (
        <g key={point.starts_at}>
          <line
            x1={at(point)}
            x2={at(point)}
            y1={y(point.accuracy?.low ?? 0)}
            y2={y(point.accuracy?.high ?? 100)}
          />
          <circle cx={at(point)} cy={y(point.accuracy?.value ?? 0)} r="3.5" fill={look?.stroke}>
            <title>
              {point.model_version}, {day.format(new Date(point.starts_at))}: {estimated(point.accuracy)}
            </title>
          </circle>
        </g>
      ))}
    </g>
  );
}

function Table({ points }: { points: Point[] }) {
  return (
    <DataTable
      caption="Live accuracy"
      file="live-accuracy"
      rows={points}
      id={(point) => `${point.model_version} ${point.starts_at}`}
      columns={[
        { name: "Version", show: (point) => point.model_version },
        { name: "From", show: (point) => <When at={point.starts_at} />, value: (point) => point.starts_at },
        { name: "To", show: (point) => when(point.ends_at), value: (point) => point.ends_at },
        { name: "Answers", show: (point) => whole(point.predicted), number: true },
        { name: "Validated", show: (point) => whole(point.matured), number: true },
        {
          name: "Right",
          show: (point) => estimated(point.accuracy),
          value: (point) => point.accuracy?.value,
        },
      ]}
    />
  );
}
