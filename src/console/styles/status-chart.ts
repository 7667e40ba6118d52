// Refreshes over time: the drawing, its legend and its table.
import { css } from './css.ts';

export const statusChartStyles = css`
  .spans {
    display: flex;
  }

  .spans button:first-child {
    border-radius: 6px 0 0 6px;
  }

  .spans button:last-child {
    margin-left: -1px;
    border-radius: 0 6px 6px 0;
  }

  .spans button[aria-pressed='true'] {
    position: relative;
    border-color: var(--accent);
    background: var(--accent-ground);
    color: var(--accent);
    font-weight: 600;
  }

  .chart {
    min-height: 300px;
    touch-action: pan-y;
  }

  .chart svg {
    display: block;
  }

  .grid {
    stroke: var(--line);
  }

  .zero {
    stroke: var(--line-strong);
  }

  .tick {
    stroke: var(--line-strong);
  }

  .chosen {
    fill: var(--accent);
    fill-opacity: 0.1;
  }

  .has-chosen .bar:not(.is-chosen) {
    opacity: 0.35;
  }

  .axis-words,
  .nothing {
    fill: var(--quiet);
    font: 12px/1 var(--sans);
    font-variant-numeric: tabular-nums;
  }

  .axis-end {
    text-anchor: end;
  }

  .axis-middle {
    text-anchor: middle;
  }

  .nothing {
    font-size: 15px;
    text-anchor: middle;
  }

  .up-1,
  .up-key-1::before {
    --colour: var(--ray-1);
  }
  .up-2,
  .up-key-2::before {
    --colour: var(--ray-2);
  }
  .up-3,
  .up-key-3::before {
    --colour: var(--ray-3);
  }
  .up-4,
  .up-key-4::before {
    --colour: var(--ray-4);
  }
  .up-5,
  .up-key-5::before {
    --colour: var(--ray-5);
  }

  /* What callers did is grey, what the server could not do is not. */
  .down-1,
  .down-key-1::before {
    --colour: var(--quiet);
  }
  .down-2,
  .down-key-2::before {
    --colour: color-mix(in srgb, var(--quiet) 62%, var(--ground));
  }
  .down-3,
  .down-key-3::before {
    --colour: color-mix(in srgb, var(--quiet) 36%, var(--ground));
  }
  .down-4,
  .down-key-4::before {
    --colour: var(--caution);
  }
  .down-5,
  .down-key-5::before {
    --colour: var(--bad);
  }

  .chart rect:not(.chosen) {
    fill: var(--colour);
  }

  .readout {
    min-height: 1.55em;
    margin-top: 0.6rem;
    padding-left: 40px;
    font-size: 0.875rem;
    font-variant-numeric: tabular-nums;
  }

  .legends {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem 2.5rem;
    min-height: 1.55em;
    margin-top: 0.4rem;
    padding-left: 40px;
    font-size: 0.875rem;
  }

  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem 1.25rem;
    padding: 0;
    list-style: none;
  }

  .legend:not(:empty)::before {
    content: attr(aria-label);
    color: var(--quiet);
  }

  .key::before {
    content: '';
    display: inline-block;
    width: 0.7rem;
    height: 0.7rem;
    margin-right: 0.45rem;
    border-radius: 2px;
    background: var(--colour);
  }

  .numbers {
    margin: 1rem 0 0 40px;
    font-size: 0.9375rem;
  }

  .numbers summary {
    color: var(--accent);
    cursor: pointer;
  }

  .scroll {
    max-height: 24rem;
    margin-top: 0.75rem;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--raised);
  }

  .time-table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.875rem;
    font-variant-numeric: tabular-nums;
  }

  .time-table :is(th, td) {
    padding: 0.3rem 0.9rem;
    font-weight: 400;
    text-align: right;
    white-space: nowrap;
  }

  .time-table thead th {
    position: sticky;
    top: 0;
    background: var(--raised);
    color: var(--quiet);
    box-shadow: inset 0 -1px var(--line);
  }

  .time-table th:first-child {
    text-align: left;
  }

  .time-table caption {
    padding: 0.75rem;
    color: var(--quiet);
  }

  @media (max-width: 45rem) {
    .readout,
    .legends {
      padding-left: 0;
    }

    .readout {
      min-height: 3.1em;
    }

    .numbers {
      margin-left: 0;
    }
  }
`;
