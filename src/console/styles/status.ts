// The status page: how the server is, its contracts and its events.
import { css } from './css.ts';

export const statusStyles = css`
  .where {
    color: var(--quiet);
    font: 0.875rem/1.5 var(--mono);
  }

  .state {
    --state: var(--good);
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: end;
    gap: 1.75rem 2rem;
    padding: 2.25rem 0 2.5rem;
  }

  .state.is-troubled {
    --state: var(--bad);
  }

  .state.is-away {
    --state: var(--caution);
  }

  .state-words {
    font-size: clamp(2rem, 1.4rem + 2.6vw, 3.25rem);
    font-weight: 650;
    line-height: 1.08;
    letter-spacing: -0.03em;
  }

  .is-troubled .state-words,
  .is-away .state-words {
    color: var(--state);
  }

  .lead {
    max-width: 40rem;
    min-height: 1.55em;
    margin-top: 0.75rem;
    color: var(--quiet);
    font-size: 1.0625rem;
    overflow-wrap: anywhere;
    text-wrap: pretty;
  }

  .checks {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.25rem;
    padding: 0;
    list-style: none;
    font: 0.875rem/1.5 var(--mono);
  }

  .checks li::before {
    content: '✓';
    margin-right: 0.45rem;
    color: var(--good);
    font-weight: 700;
  }

  .checks .is-ill::before {
    content: '✕';
    color: var(--bad);
  }

  .checks .is-ill {
    color: var(--bad);
  }

  .figures {
    grid-column: 1 / -1;
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
    gap: 1.25rem 2rem;
    min-height: 4.4rem;
    padding-top: 1.5rem;
    border-top: 1px solid var(--line);
  }

  .figures dt {
    color: var(--quiet);
    font-size: 0.875rem;
  }

  .figures dd {
    font-size: 1.75rem;
    font-weight: 600;
    line-height: 1.25;
    letter-spacing: -0.02em;
    font-variant-numeric: tabular-nums;
  }

  .part {
    padding: 1.6rem 0 2.5rem;
    border-top: 1px solid var(--line);
  }

  .part-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem 1rem;
    min-height: 2.25rem;
    margin-bottom: 1rem;
  }

  .part h2 {
    font-size: 1.1875rem;
    font-weight: 600;
    letter-spacing: -0.012em;
  }

  .part button {
    padding: 0.35rem 0.8rem;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--raised);
    color: var(--ink);
    font: inherit;
    font-size: 0.875rem;
    cursor: pointer;
  }

  .part button:hover {
    border-color: var(--accent);
  }

  .contracts {
    width: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }

  .contracts thead th {
    padding: 0 0 0.5rem 1.5rem;
    color: var(--quiet);
    font-size: 0.8125rem;
    font-weight: 400;
    text-align: right;
  }

  .contracts thead th:first-child {
    padding-left: 0;
    text-align: left;
  }

  .contracts thead th:nth-child(2) {
    text-align: left;
  }

  .contracts tbody tr {
    --ray: var(--ray-1);
    border-top: 1px solid var(--line);
  }

  .contracts tbody tr:nth-child(5n + 2) {
    --ray: var(--ray-2);
  }
  .contracts tbody tr:nth-child(5n + 3) {
    --ray: var(--ray-3);
  }
  .contracts tbody tr:nth-child(5n + 4) {
    --ray: var(--ray-4);
  }
  .contracts tbody tr:nth-child(5n) {
    --ray: var(--ray-5);
  }

  .contracts .naming {
    padding: 0.75rem 0;
    box-shadow:
      inset 0 0.75rem var(--ground),
      inset 0 -0.75rem var(--ground),
      inset 3px 0 var(--ray);
    padding-left: 1rem;
    font-weight: 600;
    line-height: 1.3;
    text-align: left;
  }

  .contracts .name {
    display: block;
    margin-top: 0.15rem;
    color: var(--quiet);
    font-size: 0.8125rem;
    font-weight: 400;
  }

  .contracts .spark {
    width: 14rem;
    padding: 0.5rem 0 0.5rem 1.5rem;
  }

  .contracts .count {
    padding-left: 1.5rem;
    text-align: right;
  }

  .contracts .is-zero {
    color: var(--quiet);
  }

  .contracts .failed:not(.is-zero) {
    color: var(--bad);
    font-weight: 600;
  }

  .contracts .living {
    width: 11rem;
    background: linear-gradient(var(--ray), var(--ray)) right calc(100% - 0.9rem) / calc(var(--share, 0) * 9rem) 3px
      no-repeat;
  }

  .token {
    display: grid;
    grid-template-columns: minmax(0, 22rem) auto;
    justify-content: start;
    gap: 0.4rem 0.75rem;
  }

  .token[hidden] {
    display: none;
  }

  .token-words,
  .token-hint,
  .token label {
    grid-column: 1 / -1;
  }

  .token-words {
    max-width: 40rem;
    margin-bottom: 0.5rem;
    color: var(--quiet);
  }

  .token label {
    font-size: 0.875rem;
    font-weight: 600;
  }

  .token input {
    min-width: 0;
    padding: 0.45rem 0.7rem;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--raised);
    color: var(--ink);
    font: 0.9375rem/1.5 var(--mono);
  }

  .token-hint,
  .events-words {
    color: var(--quiet);
    font-size: 0.875rem;
  }

  .events-words:not(:empty) {
    margin-top: 0.75rem;
  }

  .more {
    padding: 1.25rem 0 3.5rem;
    border-top: 1px solid var(--line);
    color: var(--quiet);
    font-size: 0.9375rem;
  }
`;
