// What every page of the console has around its content.
import { mark } from '../drawings.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Place } from '../model.ts';
import { paths } from '../paths.ts';

export interface Frame {
  /** `admin` and `status` are the operators'. */
  readonly kind: 'server' | 'mock' | 'status' | 'admin';
  readonly title: string;
  /** Addresses, in the order in which the page loads them. */
  readonly styles: readonly string[];
  readonly scripts?: readonly string[];
  readonly modules?: readonly string[];
  /** In the head of the page, beside the name. */
  readonly aside: Content;
  readonly main: Html;
}

/** Links to the pages beside this one. */
export function placesNav(label: string, places: readonly Place[], here: string): Html {
  return html`<nav class="others row mono small" aria-label="${label}">
    ${places.map(({ name, path }) => {
      const current = path === here ? html` aria-current="page"` : undefined;
      return html`<a href="${path}" ${current}>${name}</a>`;
    })}
  </nav>`;
}

/** The origin that the page was found at, without its scheme. */
export function originShown(origin: string): Html | undefined {
  return origin === '' ? undefined : html`<p class="mono small quiet">${origin.replace(/^https?:\/\//, '')}</p>`;
}

export function frame({ kind, title, styles, scripts = [], modules = [], aside, main }: Frame): string {
  const name = kind === 'server' ? 'Refract' : `Refract ${kind}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title === '' ? name : `${title} · ${name}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" type="image/svg+xml" href="${paths.asset('icon.svg')}" />
        ${[paths.asset('base.css'), ...styles].map((path) => html`<link rel="stylesheet" href="${path}" />`)}
        ${scripts.map((path) => html`<script src="${path}" defer></script>`)}
        ${modules.map((path) => html`<script src="${path}" type="module"></script>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top row is-centred">
          <a class="home row is-centred" href="${paths.start}">
            ${mark}<span>Refract</span>${kind === 'server' ? undefined : html`<span class="kind">${kind}</span>`}
          </a>
          ${aside}
        </header>
        <main id="main" tabindex="-1">${main}</main>
      </body>
    </html> `.text;
}
