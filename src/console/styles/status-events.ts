// The events on the status page, and the token that they are shown for.
import { css } from './css.ts';

export const statusEventStyles = css`
  .token-entry {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.75rem;
    margin: 0.3rem 0 0.4rem;
  }

  .token-words {
    max-width: 40rem;
    margin-bottom: 0.9rem;
    color: var(--quiet);
    text-wrap: pretty;
  }

  .token label {
    font-size: 0.875rem;
    font-weight: 600;
  }

  .token input {
    flex: 0 1 24rem;
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

  .event-list {
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: 0.9375rem;
  }

  .event {
    display: grid;
    grid-template-columns: 7.5rem 11.5rem 7.5rem minmax(0, 1fr);
    align-items: baseline;
    gap: 0.1rem 1.25rem;
    padding: 0.6rem 0;
    border-top: 1px solid var(--line);
  }

  .event time {
    color: var(--quiet);
    font-variant-numeric: tabular-nums;
  }

  .event-type {
    font-weight: 600;
  }

  .event-reused .event-type,
  .event-key_sets_compromised .event-type {
    color: var(--bad);
  }

  .event-store_behind .event-type {
    color: var(--caution);
  }

  .event-contract {
    font-family: var(--mono);
    font-size: 0.875rem;
  }

  .event-about {
    color: var(--quiet);
    overflow-wrap: anywhere;
  }

  @media (max-width: 45rem) {
    .event {
      grid-template-columns: minmax(0, 1fr) auto;
    }

    .event time {
      grid-area: 1 / 2;
    }

    .event-contract,
    .event-about {
      grid-column: 1 / -1;
    }
  }
`;
