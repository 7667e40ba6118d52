// The timeline of the session page, newest first.
import { css } from './css.ts';

export const timelineStyles = css`
  .timeline {
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: 0.9375rem;
  }

  .timeline:empty::before {
    content: 'Nothing yet.';
    color: var(--quiet);
  }

  .entry {
    --mark: var(--line-strong);
    position: relative;
    display: grid;
    grid-template-columns: 5rem minmax(0, 1fr) minmax(0, 1.1fr);
    gap: 0.1rem 1.25rem;
    padding: 0.5rem 0 0.5rem 1.6rem;
  }

  .entry::before {
    content: '';
    position: absolute;
    left: 0.1rem;
    top: 0.95rem;
    z-index: 1;
    width: 0.6rem;
    height: 0.6rem;
    border-radius: 50%;
    background: var(--mark);
  }

  .entry::after {
    content: '';
    position: absolute;
    left: 0.35rem;
    top: 0.95rem;
    bottom: -0.95rem;
    width: 1px;
    background: var(--line);
  }

  .entry:last-child::after {
    display: none;
  }

  .entry time {
    color: var(--quiet);
    font: 0.875rem/1.7 var(--mono);
    font-variant-numeric: tabular-nums;
  }

  .entry-what {
    font-weight: 500;
  }

  .entry-about {
    color: var(--quiet);
    overflow-wrap: anywhere;
  }

  .entry-good {
    --mark: var(--good);
  }

  .entry-wait {
    --mark: var(--caution);
  }

  .entry-bad {
    --mark: var(--bad);
  }

  .entry-bad .entry-what {
    color: var(--bad);
  }

  .entry-wait .entry-what {
    color: var(--caution);
  }

  @media (max-width: 45rem) {
    .entry {
      grid-template-columns: minmax(0, 1fr) auto;
    }

    .entry time {
      grid-area: 1 / 2;
    }

    .entry-about {
      grid-column: 1 / -1;
    }
  }
`;
