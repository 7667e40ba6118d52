// Many operations on one reference page: in groups, folded, each a line whose path stands below the one above.
import { css } from './css.ts';

export const groupStyles = css`
  #try-it .opblock-tag-section {
    margin: 1.75rem 0 2.5rem;
  }

  #try-it .swagger-ui .opblock-tag {
    gap: 0.15rem 0.75rem;
    margin: 0 0 0.75rem;
    padding: 0 0 0.5rem;
    border-color: var(--line);
    color: var(--ink);
    font: 600 1.1875rem/1.4 var(--sans);
    letter-spacing: -0.012em;
    text-transform: capitalize;
  }

  #try-it .opblock-tag:hover {
    background: none;
  }

  #try-it .opblock-tag small {
    flex: 1;
    padding: 0;
    color: var(--quiet);
    font: 400 0.9375rem/1.5 var(--sans);
    letter-spacing: 0;
    text-transform: none;
  }

  #try-it .opblock-tag :is(small p, .renderedMarkdown p) {
    color: inherit;
    font-size: inherit;
  }

  #try-it .opblock-tag svg {
    color: var(--quiet);
    fill: var(--quiet);
  }

  #try-it[data-many='true'] .opblock {
    margin: 0 0 0.5rem;
  }

  #try-it[data-many='true'] .opblock-summary-method {
    min-width: 4rem;
    text-align: left;
  }

  /* One token is for all of them; the button above says whether it is there. */
  #try-it[data-many='true'] .opblock-summary .authorization__btn {
    display: none;
  }

  /* As for any password: whoever stands beside it reads along. */
  #try-it #auth-bearer-value {
    -webkit-text-security: disc;
  }

  #try-it .try-out__btn.cancel {
    border-color: var(--line-strong);
    color: var(--quiet);
  }

  @media (max-width: 45rem) {
    #try-it .swagger-ui .opblock-tag {
      display: grid;
      grid-template-columns: minmax(0, 1fr) auto;
    }

    #try-it .opblock-tag small {
      grid-row: 2;
      grid-column: 1 / -1;
    }
  }
`;
