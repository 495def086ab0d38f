import { Link } from "react-router";
import { State } from "../parts/State";
import type { Station } from "./overview.stations";

const SIZE = 440;
const MIDDLE = SIZE / 2;
const RADIUS = 160;
const DOT = 46;

const place = (index: number, n: number, radius: number) => {
  const angle = (2 * Math.PI * index) / n - Math.PI / 2;
  return { x: MIDDLE + radius * Math.cos(angle), y: MIDDLE + radius * Math.sin(angle) };
};

/** The cycle as a ring; the list beside it says the same in words. */
export function Ring({ stations }: { stations: Station[] }) {
  return (
    <div className="columns">
      <svg className="chart ring" viewBox={`0 0 ${SIZE} ${SIZE}`} aria-hidden="true">
        <circle cx={MIDDLE} cy={MIDDLE} r={RADIUS} fill="none" stroke="var(--line)" strokeWidth="10" />
        {stations.map((station, index) => {
          const { x, y } = place(index, stations.length, RADIUS);
          const busy = station.state === "running" || station.state === "queued";
          return (
            <g key={station.name}>
              <circle
                cx={x}
                cy={y}
                r={DOT}
                fill={busy ? "var(--accent-soft)" : "var(--surface)"}
                stroke={busy ? "var(--accent)" : "var(--edge)"}
                strokeWidth={busy ? 4 : 2}
              />
              <text x={x} y={y - 3} textAnchor="middle" fontWeight="600">
                {station.name}
              </text>
              <text x={x} y={y + 12} textAnchor="middle" className="dim">
                {station.state}
              </text>
            </g>
          );
        })}
      </svg>
      <div className="scroll" role="region" aria-label="Stations of the cycle" tabIndex={0}>
        <table>
          <caption>The cycle</caption>
          <thead>
            <tr>
              <th scope="col">Station</th>
              <th scope="col">State</th>
              <th scope="col">Holds</th>
              <th scope="col">Age</th>
            </tr>
          </thead>
          <tbody>
            {stations.map((station) => (
              <tr key={station.name}>
                <th scope="row">
                  <Link to={station.to}>{station.name}</Link>
                </th>
                <td>
                  <State of={station.state.replaceAll(" ", "_")} />
                </td>
                <td>{station.count}</td>
                <td className="dim">{station.age}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
