// The contracts on the status page: a table, and on a phone a card for each.
import { css } from './css.ts';

export const statusContractStyles = css`
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
    width: 10rem;
    background: linear-gradient(var(--ray), var(--ray)) right calc(100% - 0.9rem) / calc(var(--share, 0) * 8.5rem) 3px
      no-repeat;
  }

  .line {
    display: block;
    width: 100%;
    height: 2.25rem;
  }

  .line-area {
    fill: currentcolor;
    fill-opacity: 0.14;
    stroke: none;
    color: var(--ray);
  }

  .line-edge {
    fill: none;
    stroke: var(--ray);
    stroke-width: 1.6;
    stroke-linejoin: round;
  }

  @media (max-width: 45rem) {
    .contracts,
    .contracts tbody {
      display: block;
    }

    .contracts thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }

    .contracts tbody tr {
      display: grid;
      grid-template-columns: repeat(6, minmax(0, 1fr));
      gap: 0.6rem 0.75rem;
      padding: 1rem 0;
    }

    .contracts .naming {
      grid-column: 1 / 4;
      padding: 0 0 0 0.9rem;
      box-shadow: inset 3px 0 var(--ray);
    }

    .contracts .spark {
      grid-column: 4 / 7;
      width: auto;
      padding: 0;
    }

    .contracts .count {
      grid-column: span 2;
      width: auto;
      padding: 0;
      background: none;
      text-align: left;
    }

    .contracts .count::before {
      content: attr(data-label);
      display: block;
      color: var(--quiet);
      font-size: 0.75rem;
      font-weight: 400;
    }
  }
`;
