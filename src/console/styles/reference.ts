// The reference page around Swagger UI.
import { css } from './css.ts';

export const referenceStyles = css`
  .about {
    display: grid;
    gap: 1.1rem;
    padding: 1.75rem 0 2rem;
  }

  .about h1 {
    font-size: clamp(1.75rem, 1.4rem + 1.6vw, 2.375rem);
    font-weight: 650;
    line-height: 1.15;
    letter-spacing: -0.025em;
  }

  .session {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
    min-height: 3.25rem;
    padding: 0.5rem 0.5rem 0.5rem 1rem;
    border-radius: 8px;
    background: var(--accent-ground);
    font-size: 0.9375rem;
  }

  .session-words {
    flex: 1 1 20rem;
    min-width: 0;
  }

  .session button {
    padding: 0.35rem 0.8rem;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--raised);
    color: var(--ink);
    font: inherit;
    font-size: 0.875rem;
    cursor: pointer;
  }

  .session button:hover {
    border-color: var(--accent);
  }

  .missing {
    padding: 1rem;
    border: 1px solid var(--line-strong);
    border-radius: 8px;
  }

  #try-it {
    min-height: 60rem;
    padding-bottom: 4rem;
  }
`;
