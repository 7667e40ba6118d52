// What every page of the console looks like: colours of both schemes, type, the head.
//
// Every pair of text and ground has a contrast of at least 4.5 in both schemes, which the browser tests compute.
import { css } from './css.ts';

export const frameStyles = css`
  :root {
    color-scheme: light dark;
    --ground: #faf9f6;
    --raised: #ffffff;
    --sunken: #f2f0ea;
    --ink: #1c1f26;
    --quiet: #5a6070;
    --line: #e2dfd6;
    --line-strong: #c9c5b9;
    --accent: #4148b8;
    --accent-ground: #ecedfa;
    --good: #1f7a3d;
    --caution: #8f5a00;
    --bad: #b3322a;
    --ray-1: #d9483b;
    --ray-2: #e0912b;
    --ray-3: #3f9d5a;
    --ray-4: #3583d3;
    --ray-5: #7d57d1;
    --sans:
      ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif;
    --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace;
    --width: 70rem;
  }

  @media (prefers-color-scheme: dark) {
    :root {
      --ground: #14161b;
      --raised: #1b1e25;
      --sunken: #101217;
      --ink: #e8e7e2;
      --quiet: #a0a6b4;
      --line: #2a2e38;
      --line-strong: #424857;
      --accent: #aab2ff;
      --accent-ground: #252a44;
      --good: #6fce8c;
      --caution: #e5b35c;
      --bad: #ff8f84;
      --ray-1: #ef6a5d;
      --ray-2: #eba94c;
      --ray-3: #5cba77;
      --ray-4: #5a9fe6;
      --ray-5: #9b7be6;
    }
  }

  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  html {
    background: var(--ground);
    text-size-adjust: 100%;
    -webkit-text-size-adjust: 100%;
  }

  body {
    margin: 0;
    background: var(--ground);
    color: var(--ink);
    font: 1rem/1.55 var(--sans);
  }

  code,
  .method,
  .name {
    font-family: var(--mono);
  }

  a {
    color: var(--accent);
    text-underline-offset: 0.2em;
    text-decoration-thickness: 1px;
    text-decoration-color: color-mix(in srgb, currentcolor 40%, transparent);
  }

  a:hover {
    text-decoration-color: currentcolor;
  }

  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 3px;
    border-radius: 3px;
  }

  main:focus-visible {
    outline: none;
  }

  .unseen:not(:focus) {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .skip {
    position: absolute;
    left: 1rem;
    top: -4rem;
    z-index: 1;
    padding: 0.5rem 0.75rem;
    background: var(--raised);
  }

  .skip:focus {
    top: 0.5rem;
  }

  .top,
  main {
    max-width: var(--width);
    margin: 0 auto;
    padding: 0 clamp(1rem, 4vw, 2.5rem);
  }

  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.25rem 1.5rem;
    padding-top: 1.25rem;
    padding-bottom: 1.25rem;
  }

  .home {
    display: inline-flex;
    align-items: center;
    gap: 0.6rem;
    color: var(--ink);
    font-weight: 600;
    letter-spacing: -0.01em;
    text-decoration: none;
  }

  .mark {
    width: 2rem;
    height: 1.5rem;
    fill: none;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  .mark-in,
  .refraction-in {
    stroke: var(--quiet);
  }

  .mark-prism {
    stroke: var(--accent);
    fill: var(--accent-ground);
    fill-opacity: 0.55;
  }

  .ray-1 {
    stroke: var(--ray-1);
  }
  .ray-2 {
    stroke: var(--ray-2);
  }
  .ray-3 {
    stroke: var(--ray-3);
  }
  .ray-4 {
    stroke: var(--ray-4);
  }
  .ray-5 {
    stroke: var(--ray-5);
  }

  .kind {
    padding: 0.1rem 0.5rem;
    border-radius: 1rem;
    background: var(--accent-ground);
    color: var(--accent);
    font-size: 0.8125rem;
    font-weight: 500;
  }

  .others {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.1rem;
    font: 0.875rem/1.6 var(--mono);
  }

  .others a {
    color: var(--quiet);
    text-decoration: none;
  }

  .others a:hover,
  .others a[aria-current] {
    color: var(--ink);
  }

  .others a[aria-current] {
    box-shadow: 0 2px 0 var(--accent);
  }

  h1,
  h2,
  p,
  dl,
  dd,
  ul {
    margin: 0;
  }
`;
