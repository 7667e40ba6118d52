// The static reference of every contract and of the admin API, made by Redoc, with a start page. The files open without a
// server and send no request.
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { existsSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { type Output, runCommand } from './command.ts';
import { operationIn } from './mock/shown.ts';
import { runRedocly } from './redocly.ts';
import { loadAdminDocument, loadContracts, type LoadedContract } from '../src/app/contracts.ts';
import { settings } from '../src/config.ts';
import { readAsset } from '../src/console/assets.ts';
import { rayClass, refraction } from '../src/console/drawings.ts';
import { facts, requests, titleOf } from '../src/console/facts.ts';
import { html, Html } from '../src/console/html.ts';
import type { ConsoleContract } from '../src/console/model.ts';
import { shownDocument } from '../src/console/pages/documents.ts';
import { operatorsPart } from '../src/console/pages/start.ts';
import { resolveSettings } from '../src/engine/policy.ts';
import type { ContractDocument, JsonObject } from '../src/http/documents.ts';

const root = dirname(import.meta.dirname);

const standardOrigins: Origins = {
  public: `http://${settings.host.standard}:${settings.port.standard}`,
  admin: `http://${settings.adminHost.standard}:${settings.adminPort.standard}`,
};

/** Writes `index.html` and a page for each document. @throws Error where Redocly fails */
export async function writeDocs(
  contracts: readonly LoadedContract[],
  admin: ContractDocument,
  folder: string,
  origins: Origins = standardOrigins,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const pages = [
    ...contracts.map(({ document }) => ({ document, origin: origins.public, body: withoutTags(document) })),
    { document: admin, origin: origins.admin, body: admin.document },
  ];
  const written = [join(folder, 'index.html')];
  for (const { document, origin, body } of pages) {
    const file = join(folder, `${document.name}.html`);
    // A path alone would be relative to the location of the page.
    const placed = { ...document, basePath: origin + document.basePath };
    await redoc(shownDocument({ ...placed, document: body }), file);
    writeFileSync(file, selfContained(readFileSync(file, 'utf8')));
    written.push(file);
  }
  const operators = { document: admin, runs: undefined, hasPublicKeys: false };
  writeFileSync(join(folder, 'index.html'), indexPage(contracts.map(shown), operators, origins));
  return written;
}

function shown({ name, document, contract }: LoadedContract): ConsoleContract {
  const { algorithm } = contract.profile;
  const runs = { ...resolveSettings(name, contract.defaults, {}), algorithm };
  return { document, runs, hasPublicKeys: algorithm === 'EdDSA' };
}

/** Redoc shows an operation once for each tag, folded; a contract of one operation needs no tags. */
function withoutTags({ document, operations }: LoadedContract['document']): JsonObject {
  const { tags: _tags, ...untagged } = structuredClone(document);
  for (const operation of operations) delete operationIn(untagged, operation)['tags'];
  return untagged;
}

async function redoc(document: object, file: string): Promise<void> {
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'refract-docs-'));
  const api = join(scratch.path, 'openapi.json');
  writeFileSync(api, JSON.stringify(document));
  await runRedocly(['build-docs', api, '--inlineBundle', '--output', file], scratch.path);
}

/** Replaces Redoc's remote picture by text, and forbids all requests of the page. */
function selfContained(page: string): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'unsafe-inline' blob:`,
    `style-src 'unsafe-inline'`,
    `img-src data:`,
    `font-src data:`,
    `worker-src blob:`,
    `connect-src blob:`,
  ].join('; ');
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const picture = /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(-full)?\.svg/g;
  if (!picture.test(page))
    throw new Error('Redoc uses another address for its picture; replace that one in scripts/docs.ts.');
  return page
    .replaceAll(picture, redoclyName)
    .replace('<head>', () => `<head>\n  ${meta}`)
    .replace('</head>', () => `${narrow}\n</head>`);
}

/** Redoc's headings are too large for their column, and on a phone words would be cut. */
const narrow =
  '<style>h1 { font-size: 1.75rem !important; line-height: 1.3 !important } @media (max-width: 45rem) { h1, h2 { font-size: 1.2rem !important; line-height: 1.35 !important } }</style>';

const redoclyName = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="44" height="12"><text y="10" font-family="sans-serif" font-size="10" fill="#4d86e8">Redocly</text></svg>',
)}`;

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'docs',
    args,
    (command, print) =>
      command
        .description('Writes the static reference: a start page and a page for each contract, which need no server.')
        .option('--out <dir>', 'the folder to write to', join(root, 'var', 'docs'))
        .option('--origin <origin>', 'of the server', parseOrigin, standardOrigins.public)
        .option('--admin-origin <origin>', 'of the admin listener', parseOrigin, standardOrigins.admin)
        .action(async ({ out, origin, adminOrigin }) => {
          const folder = resolve(out);
          const index = join(folder, 'index.html');
          if (existsSync(index) && !readFileSync(index, 'utf8').includes(indexTitle)) {
            throw new Error(`${index} belongs to another program; choose another folder with --out.`);
          }
          const origins = { public: origin, admin: adminOrigin };
          const written = await writeDocs(await loadContracts(), loadAdminDocument(), folder, origins);
          for (const file of written) print(relative(process.cwd(), file));
        }),
    output,
  );
}

function parseOrigin(text: string): string {
  if (/^https?:\/\/[^/\s]+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an origin such as https://tokens.example.');
}

/** Distinguishes our start page from another program's file of the same name. */
const indexTitle = '<title>Refract reference</title>';

/** The origins of a server and of its admin listener. */
interface Origins {
  readonly public: string;
  readonly admin: string;
}

/** @param operators the admin API, shown separately */
function indexPage(contracts: readonly ConsoleContract[], operators: ConsoleContract, origins: Origins): string {
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

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
