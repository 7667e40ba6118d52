// What start and reference page say of a contract: its request, facts and links.
import { css } from './css.ts';

export const factStyles = css`
  .request {
    display: flex;
    align-items: baseline;
    gap: 0.75rem;
    font-size: 0.9375rem;
  }

  .request code {
    min-width: 0;
    overflow-wrap: anywhere;
    user-select: all;
  }

  .method {
    flex: none;
    color: var(--accent);
    font-weight: 600;
    font-size: 0.8125rem;
    letter-spacing: 0.04em;
  }

  @media (max-width: 45rem) {
    .request,
    .method {
      display: block;
    }
  }

  .origin {
    color: var(--quiet);
  }

  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(6.75rem, 1fr));
    gap: 0.75rem 1.25rem;
  }

  .facts dt {
    color: var(--quiet);
    font-size: 0.8125rem;
  }

  .facts dd {
    font-size: 0.9375rem;
    font-variant-numeric: tabular-nums;
  }

  .fact-statuses {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.25rem 0.9rem;
  }

  .statuses {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.9rem;
    padding: 0;
    list-style: none;
    font-family: var(--mono);
    font-size: 0.875rem;
  }

  .status-2 {
    color: var(--good);
  }
  .status-4 {
    color: var(--caution);
  }
  .status-5 {
    color: var(--bad);
  }

  .links {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.4rem 1.25rem;
    font-size: 0.9375rem;
  }

  .mock {
    color: var(--quiet);
  }

  .mock code {
    user-select: all;
    font-size: 0.875em;
  }
`;
