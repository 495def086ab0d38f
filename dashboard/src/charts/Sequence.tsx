import type { Course } from "../api/types";

const WIDTH = 720;
const HEIGHT = 300;
const TOO_WIDE = 60; // points; a wider interval says nothing yet
const PAD = { left: 56, right: 12, top: 12, bottom: 40 };

const ticks = (low: number, high: number): number[] => {
  const raw = (high - low) / 5 || 1;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = size * ([1, 2, 5, 10].find((one) => one * size >= raw) ?? 10);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, index) =>
    Number((first + index * step).toPrecision(6)),
  );
};

/** The difference with its confidence sequence, the zero line, and the line at which the version is rolled back. */
export function Sequence({ course }: { course: Course }) {
  const points = course.steps.filter((step) => (step.high ?? 100) - (step.low ?? -100) < TOO_WIDE);
  const last = points.at(-1);
  if (!last) return <p className="dim">Too few cases were read to draw the difference.</p>;
  const most = Math.max(last.cases, 1);
  const bound = -course.rollback_drop;
  // The first cases say little and would flatten all that follows: their band may leave the picture.
  const settled = points.filter((point) => 5 * point.cases >= most);
  const high = Math.max(1, ...settled.map((point) => point.high ?? 0));
  // Below the line stands what it means.
  const low = Math.min(bound - 0.12 * (high - bound), ...settled.map((point) => point.low ?? 0));
  const x = (cases: number) => PAD.left + (cases / most) * (WIDTH - PAD.left - PAD.right);
  const y = (value: number) =>
    PAD.top +
    ((high - Math.min(high, Math.max(low, value))) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const path = (side: "low" | "high" | "effect") =>
    points.map((point) => `${x(point.cases).toFixed(1)},${y(point[side] ?? 0).toFixed(1)}`);
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Difference ${last.effect} points, between ${last.low} and ${last.high}, at ${last.cases} cases; rolled back below ${bound}`}
    >
      {ticks(low, high).map((value) => (
        <g key={value}>
          <line x1={PAD.left} x2={WIDTH - PAD.right} y1={y(value)} y2={y(value)} stroke="var(--line)" />
          <text x={PAD.left - 6} y={y(value) + 4} textAnchor="end" className="dim">
            {value}
          </text>
        </g>
      ))}
      {ticks(0, most).map((value) => (
        <text key={value} x={x(value)} y={HEIGHT - PAD.bottom + 16} textAnchor="middle" className="dim">
          {value}
        </text>
      ))}
      <polygon
        points={[...path("high"), ...path("low").reverse()].join(" ")}
        fill="var(--accent-soft)"
        stroke="none"
      />
      <line x1={PAD.left} x2={WIDTH - PAD.right} y1={y(0)} y2={y(0)} stroke="var(--text)" strokeWidth="1.5" />
      <line
        x1={PAD.left}
        x2={WIDTH - PAD.right}
        y1={y(bound)}
        y2={y(bound)}
        stroke="var(--bad)"
        strokeWidth="2"
        strokeDasharray="6 4"
      />
      <text x={WIDTH - PAD.right} y={y(bound) + 16} textAnchor="end">
        {bound} points: roll back
      </text>
      <polyline points={path("effect").join(" ")} fill="none" stroke="var(--accent)" strokeWidth="2.5" />
      {points
        .filter((point) => point.action !== "hold")
        .map((point) => (
          <g key={point.step}>
            <line
              x1={x(point.cases)}
              x2={x(point.cases)}
              y1={PAD.top}
              y2={HEIGHT - PAD.bottom}
              stroke="var(--edge)"
              strokeDasharray="2 3"
            />
            <text x={x(point.cases)} y={PAD.top + 10} textAnchor="end">
              {point.action}
            </text>
          </g>
        ))}
      <text x={(WIDTH + PAD.left) / 2} y={HEIGHT - 6} textAnchor="middle">
        cases answered by both
      </text>
      <text x={14} y={HEIGHT / 2} textAnchor="middle" transform={`rotate(-90 14 ${HEIGHT / 2})`}>
        difference, points
      </text>
    </svg>
  );
}
