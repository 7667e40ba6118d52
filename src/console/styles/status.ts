// The status page: how the server is, and what its parts have in common.
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

  .more {
    padding: 1.25rem 0 3.5rem;
    border-top: 1px solid var(--line);
    color: var(--quiet);
    font-size: 0.9375rem;
  }

  @media (max-width: 45rem) {
    .state {
      grid-template-columns: minmax(0, 1fr);
      padding: 1.5rem 0 1.75rem;
    }

    .figures {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
  }
`;
