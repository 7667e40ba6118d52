// The session page: two tokens, what can happen to them, and what did.
import { css } from './css.ts';

export const sessionStyles = css`
  .others {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.1rem;
    font: 0.875rem/1.5 var(--mono);
  }

  .others a {
    color: var(--quiet);
    text-decoration: none;
  }

  .others a:hover {
    text-decoration: underline;
  }

  .others a[aria-current] {
    color: var(--ink);
    font-weight: 600;
    text-decoration: underline;
    text-decoration-color: var(--accent);
    text-decoration-thickness: 2px;
  }

  .about {
    padding: 2rem 0 1.75rem;
  }

  h1 {
    font-size: clamp(1.75rem, 1.3rem + 2vw, 2.75rem);
    font-weight: 650;
    line-height: 1.1;
    letter-spacing: -0.028em;
    text-wrap: balance;
  }

  .lead {
    max-width: 42rem;
    margin-top: 0.75rem;
    color: var(--quiet);
    font-size: 1.0625rem;
    text-wrap: pretty;
  }

  .lead code {
    color: var(--ink);
    font-size: 0.95em;
  }

  .state {
    display: flex;
    align-items: baseline;
    gap: 0.6rem;
    font-weight: 600;
  }

  .state::before {
    content: '';
    width: 0.6rem;
    height: 0.6rem;
    flex: none;
    border-radius: 50%;
    background: var(--good);
  }

  .is-out .state::before {
    background: var(--quiet);
  }

  .is-cut .state::before {
    background: var(--caution);
  }

  .cards {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 1rem;
    margin: 1rem 0 1.25rem;
  }

  .card {
    position: relative;
    overflow: hidden;
    padding: 1.1rem 1.25rem 1.35rem;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--raised);
  }

  .card h2 {
    margin-bottom: 0.6rem;
    color: var(--quiet);
    font-size: 0.875rem;
    font-weight: 500;
  }

  .card dl {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(5.75rem, 1fr));
    gap: 0.6rem 1rem;
  }

  .card dt {
    color: var(--quiet);
    font-size: 0.8125rem;
  }

  .card dd {
    font: 500 1.0625rem/1.4 var(--mono);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }

  .life {
    position: absolute;
    inset: auto 0 0;
    height: 4px;
    background: var(--sunken);
  }

  .life span {
    display: block;
    height: 100%;
    background: var(--accent);
  }

  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.6rem;
  }

  .actions button {
    padding: 0.5rem 0.95rem;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--raised);
    color: var(--ink);
    font: inherit;
    font-size: 0.9375rem;
    cursor: pointer;
  }

  .actions button:hover {
    border-color: var(--accent);
  }

  .actions [data-do='sign-in'] {
    border-color: var(--accent);
    background: var(--accent-ground);
    color: var(--accent);
    font-weight: 600;
  }

  .actions [data-do='replay'] {
    color: var(--bad);
  }

  .another {
    margin-left: auto;
    font-size: 0.9375rem;
  }

  .hint {
    max-width: 46rem;
    margin: 1.1rem 0 2.25rem;
    color: var(--quiet);
    font-size: 0.9375rem;
    text-wrap: pretty;
  }

  .part {
    padding: 1.5rem 0 3rem;
    border-top: 1px solid var(--line);
  }

  .part h2 {
    margin-bottom: 0.9rem;
    font-size: 1.1875rem;
    font-weight: 600;
    letter-spacing: -0.012em;
  }

  @media (max-width: 45rem) {
    .about {
      padding: 1.25rem 0 1.4rem;
    }

    .cards {
      grid-template-columns: minmax(0, 1fr);
    }

    .actions {
      display: grid;
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }

    .another {
      grid-column: 1 / -1;
      margin: 0.25rem 0 0;
    }
  }
`;
