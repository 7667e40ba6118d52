// The start page: a headline beside the drawing, then one row for each contract, in the colour of its ray.
import { css } from './css.ts';

export const startStyles = css`
  .where {
    color: var(--quiet);
    font: 0.875rem/1.5 var(--mono);
  }

  .intro {
    position: relative;
    padding: 2.75rem 0 3.25rem;
  }

  .intro h1 {
    max-width: 20ch;
    font-size: clamp(2rem, 1.4rem + 2.6vw, 3.25rem);
    font-weight: 650;
    line-height: 1.08;
    letter-spacing: -0.03em;
  }

  .lead {
    max-width: 34rem;
    margin-top: 1rem;
    color: var(--quiet);
    font-size: 1.0625rem;
    text-wrap: pretty;
  }

  .refraction {
    position: absolute;
    right: 0;
    bottom: 1.5rem;
    width: 26rem;
    fill: none;
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  .refraction-prism {
    stroke: var(--accent);
    fill: var(--accent-ground);
    fill-opacity: 0.5;
  }

  .contract {
    --ray: var(--ray-1);
    display: grid;
    grid-template-columns: 13rem minmax(0, 1fr);
    gap: 0 2.5rem;
    padding: 1.6rem 0 1.75rem;
    border-top: 1px solid var(--line);
  }

  .contract:nth-child(5n + 2) {
    --ray: var(--ray-2);
  }
  .contract:nth-child(5n + 3) {
    --ray: var(--ray-3);
  }
  .contract:nth-child(5n + 4) {
    --ray: var(--ray-4);
  }
  .contract:nth-child(5n) {
    --ray: var(--ray-5);
  }

  .contract:last-child {
    border-bottom: 1px solid var(--line);
    margin-bottom: 4rem;
  }

  .operators > h2 {
    margin-bottom: 1rem;
    color: var(--quiet);
    font-size: 0.9375rem;
    font-weight: 500;
  }

  .operators .contract {
    --ray: var(--quiet);
  }

  .naming {
    padding-left: 1rem;
    border-left: 3px solid var(--ray);
  }

  .naming h2 {
    font-size: 1.1875rem;
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.012em;
  }

  .name {
    margin-top: 0.2rem;
    color: var(--quiet);
    font-size: 0.875rem;
  }

  .details {
    display: grid;
    gap: 1rem;
    min-width: 0;
  }

  .open {
    font-weight: 600;
  }

  @media (max-width: 60rem) {
    .refraction {
      position: static;
      display: block;
      width: min(22rem, 100%);
      margin-top: 1.5rem;
    }

    .intro {
      padding: 1.5rem 0 2rem;
    }
  }

  @media (max-width: 45rem) {
    .contract {
      grid-template-columns: minmax(0, 1fr);
      gap: 1rem;
    }
  }
`;
