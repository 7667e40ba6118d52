// The start page of the static reference: the console's, as one file that needs no server.
import { readAsset } from '../../src/console/assets.ts';
import { titleOf } from '../../src/console/facts.ts';
import { html, Html } from '../../src/console/html.ts';
import type { ConsoleContract } from '../../src/console/model.ts';
import { pageHeader, rayClass } from '../../src/console/pages/frame.ts';
import { contractList, contractRow, refraction } from '../../src/console/pages/start.ts';

/** Distinguishes our start page from another program's file of the same name. */
export const indexTitle = '<title>Refract reference</title>';

/** The origins of a server and of its admin listener. */
export interface Origins {
  readonly public: string;
  readonly admin: string;
}

/** @param operators the admin contract, which is listed below the others */
export function indexPage(contracts: readonly ConsoleContract[], operators: ConsoleContract, origins: Origins): string {
  const row = (contract: ConsoleContract, origin: string, ray: string): Html => {
    const { name, document } = contract.document;
    return contractRow(contract, { ray, origin, title: html`<a href="${name}.html">${titleOf(document)}</a>` });
  };
  const rows = contracts.map((contract, index) => row(contract, origins.public, rayClass(index)));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        ${new Html(indexTitle)}
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(readAsset('icon.svg'))}" />
        <style>
          ${new Html(['base.css', 'start.css'].map(readAsset).join(''))}
        </style>
      </head>
      <body>
        ${docsHeader([...contracts, operators], '')}
        <main>
          <div class="intro">
            <h1 class="large">Refract reference</h1>
            <p class="lead quiet">The refresh contracts as their OpenAPI documents say them, one page each.</p>
            ${refraction(contracts.length)}
          </div>
          ${contractList(rows, row(operators, origins.admin, ''))}
        </main>
      </body>
    </html>`.text;
}

/** The header of every page, which leads back to the start page. @param name of the page's contract */
function docsHeader(contracts: readonly Pick<ConsoleContract, 'document'>[], name: string): Html {
  const places = contracts.map(({ document }) => ({ name: document.name, path: `${document.name}.html` }));
  return pageHeader({ kind: 'docs', home: 'index.html', places, here: `${name}.html` });
}

/** The header for a page that has styles of its own: it applies the console's styles to the header only. */
export function embeddedHeader(contracts: readonly Pick<ConsoleContract, 'document'>[], name: string): Html {
  const styles = readAsset('base.css').replace(':root', ':scope');
  const scope = ':scope { background: var(--ground); color: var(--ink); font: 1rem/1.55 var(--sans); }';
  return html`<div class="refract-header">
    <style>
      ${new Html(`@scope (.refract-header) { ${styles} ${scope} }`)}
    </style>
    ${docsHeader(contracts, name)}
  </div>`;
}
