// The frame of every page: its head, and the same header with the way home and the links to the other pages.
import type { Page } from '../../http/types.ts';
import { html, type Html } from '../html.ts';
import type { Place } from '../model.ts';
import { paths, textHeaders } from '../page.ts';

export interface Frame extends Header {
  readonly title: string;
  /** Paths, in the order in which the page loads them. */
  readonly styles?: readonly string[];
  readonly scripts?: readonly string[];
  readonly modules?: readonly string[];
  readonly main: Html;
}

interface Header {
  /** `docs` is the static reference; operators see `admin` and `status`. */
  readonly kind: 'server' | 'mock' | 'status' | 'admin' | 'docs';
  readonly home?: string;
  readonly places: readonly Place[];
  /** The path of the page itself. */
  readonly here?: string | undefined;
}

export function frame({ title, styles = [], scripts = [], modules = [], main, ...header }: Frame): string {
  const name = header.kind === 'server' ? 'Refract' : `Refract ${header.kind}`;
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
        ${[...modules, paths.asset('copy.js')].map((path) => html`<script src="${path}" type="module"></script>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        ${pageHeader(header)}
        <main id="main" tabindex="-1">${main}</main>
      </body>
    </html> `.text;
}

export function pageHeader({ kind, home = paths.start, places, here = '' }: Header): Html {
  return html`<header class="top row is-centred">
    <a class="home row is-centred" href="${home}">
      ${mark}<span>Refract</span>${kind === 'server' ? undefined : html`<span class="kind">${kind}</span>`}
    </a>
    ${placesNav('Pages', places, here)}
  </header>`;
}

export function placesNav(label: string, places: readonly Place[], here: string): Html {
  return html`<nav class="others row mono small" aria-label="${label}">
    ${places.map(({ name, path }) => {
      const current = path === here ? html` aria-current="page"` : undefined;
      return html`<a href="${path}" ${current}>${name}</a>`;
    })}
  </nav>`;
}

/** The page that a browser gets for an unknown path of the console. */
export function notFoundPage(kind: Frame['kind'], places: readonly Place[]): Page {
  const main = html`<div class="about">
    <h1>Page not found.</h1>
    <p class="lead quiet">The console has no page at this path. <a href="${paths.start}">Go to the start page</a>.</p>
  </div>`;
  const content = frame({ kind, title: 'Page not found', places, main });
  return { path: paths.notFound, mediaType: 'text/html', headers: textHeaders, read: () => ({ status: 404, content }) };
}

/** The class of one of the five ray colours. */
export function rayClass(index: number): string {
  return `ray-${(index % 5) + 1}`;
}

/** A ray that enters a prism and leaves it as five. */
const mark: Html = html`<svg class="mark" viewBox="0 0 32 24" aria-hidden="true" focusable="false">
  <path d="M1 15 11 11.5" />
  ${[0, 1, 2, 3, 4].map((index) => html`<path class="${rayClass(index)}" d="M20 11 31 ${6 + index * 3}" />`)}
  <path class="prism" d="M15.5 2 26 21H5Z" />
</svg>`;
