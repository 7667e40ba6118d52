// The start page of the static reference, as one file.
import { readAsset } from '../../src/console/assets.ts';
import { rayClass, refraction } from '../../src/console/drawings.ts';
import { facts, requests, titleOf } from '../../src/console/facts.ts';
import { html, Html } from '../../src/console/html.ts';
import type { ConsoleContract } from '../../src/console/model.ts';
import { operatorsPart } from '../../src/console/pages/start.ts';

/** Distinguishes our start page from another program's file of the same name. */
export const indexTitle = '<title>Refract reference</title>';

/** The origins of a server and of its admin listener. */
export interface Origins {
  readonly public: string;
  readonly admin: string;
}

/** @param operators the admin API, shown separately */
export function indexPage(contracts: readonly ConsoleContract[], operators: ConsoleContract, origins: Origins): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        ${new Html(indexTitle)}
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(readAsset('icon.svg'))}" />
        <style>
          ${new Html(['base.css', 'facts.css', 'start.css'].map(readAsset).join(''))}
        </style>
      </head>
      <body>
        <main>
          <div class="intro">
            <h1 class="large">Refract reference</h1>
            <p class="lead quiet">The refresh contracts as their OpenAPI documents describe them, one page each.</p>
            ${refraction(contracts.length)}
          </div>
          <div class="contracts">
            ${contracts.map((contract, index) => row(contract, origins.public, rayClass(index)))}
          </div>
          ${operatorsPart(row(operators, origins.admin, ''))}
        </main>
      </body>
    </html>`.text;
}

function row(contract: ConsoleContract, origin: string, ray: string): Html {
  const { name, document } = contract.document;
  return html`<article class="contract ${ray}">
    <div class="naming">
      <h2><a href="${name}.html">${titleOf(document)}</a></h2>
      <p class="mono small quiet">${name}</p>
    </div>
    <div class="details">${requests(contract, origin)} ${facts(contract)}</div>
  </article>`;
}
