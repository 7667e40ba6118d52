// The static reference: a page by Redoc for every contract and for the admin contract, and a start page. The files open
// without a server and send no request.
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { existsSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { type Output, runCommand } from './command.ts';
import { operationIn } from './mock/shown.ts';
import { runRedocly } from './redocly.ts';
import { allLoaded, documentOf, loadAdminDocument, loadFolder, type Loaded } from '../src/app/contracts.ts';
import { settings } from '../src/config.ts';
import { readAsset } from '../src/console/assets.ts';
import { mountedDocument } from '../src/console/console.ts';
import { titleOf } from '../src/console/facts.ts';
import { html, Html } from '../src/console/html.ts';
import type { ConsoleContract } from '../src/console/model.ts';
import { pageHeader, rayClass } from '../src/console/pages/frame.ts';
import { contractList, contractRow, refraction } from '../src/console/pages/start.ts';
import { resolveSettings } from '../src/engine/policy.ts';
import type { ContractDocument, JsonObject } from '../src/http/documents.ts';

const root = dirname(import.meta.dirname);

const standardOrigins: Origins = {
  public: `http://${settings.host.standard}:${settings.port.standard}`,
  admin: `http://${settings.adminHost.standard}:${settings.adminPort.standard}`,
};

/** Writes `index.html` and a page for each document. @throws Error when Redocly cannot make one */
export async function writeDocs(
  contracts: readonly Loaded[],
  admin: ContractDocument,
  folder: string,
  origins: Origins = standardOrigins,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const pages = [
    ...contracts.map(documentOf).map((document) => ({ document, origin: origins.public, body: withoutTags(document) })),
    { document: admin, origin: origins.admin, body: admin.document },
  ];
  const fileOf = (name: string): string => join(folder, `${name}.html`);
  const write = async ({ document, origin, body }: (typeof pages)[number]): Promise<void> => {
    const file = fileOf(document.name);
    // Without its origin, the URL would be a path on the machine that opens the file.
    await redoc(mountedDocument({ ...document, basePath: origin + document.basePath, document: body }), file);
    writeFileSync(file, selfContained(readFileSync(file, 'utf8'), embeddedHeader(pages, document.name).text));
  };
  // Two at a time: each takes one core for seconds, and several hundred megabytes.
  for (let index = 0; index < pages.length; index += 2) await Promise.all(pages.slice(index, index + 2).map(write));
  const operators = { document: admin, runs: undefined, hasPublicKeys: false };
  writeFileSync(fileOf('index'), indexPage(contracts.map(withSettings), operators, origins));
  return ['index', ...pages.map(({ document }) => document.name)].map(fileOf);
}

/** A document without an adapter has no settings. */
function withSettings(loaded: Loaded): ConsoleContract {
  if (!('contract' in loaded)) return { document: loaded, runs: undefined, hasPublicKeys: false };
  const { name, document, contract } = loaded;
  const { algorithm } = contract.profile;
  const runs = { ...resolveSettings(name, contract.defaults, {}), algorithm };
  return { document, runs, hasPublicKeys: algorithm === 'EdDSA' };
}

/** Removes the tags, because Redoc folds operations by tag. Contracts with a few operations need no groups. */
function withoutTags({ document, operations }: ContractDocument): JsonObject {
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

/** Adds the header, replaces Redoc's one remote picture by text, and forbids the page to send any request. */
function selfContained(page: string, header: string): string {
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
    throw new Error('The remote picture of Redoc has moved; adapt the pattern in scripts/docs.ts.');
  return page
    .replaceAll(picture, redoclyName)
    .replace('<head>', () => `<head>\n  ${meta}`)
    .replace('</head>', () => `<style>${headings}</style>\n</head>`)
    .replace('<body>', () => `<body>\n${header}`);
}

/** Redoc's headings are too large for their column: on a phone they would break inside words. */
const headings =
  'h1 { font-size: 1.75rem !important; line-height: 1.3 !important } @media (max-width: 45rem) { h1, h2 { font-size: 1.2rem !important; line-height: 1.35 !important } }';

const redoclyName = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="44" height="12"><text y="10" font-family="sans-serif" font-size="10" fill="#4d86e8">Redocly</text></svg>',
)}`;

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'docs',
    args,
    (command, print) =>
      command
        .description('Writes the static reference: a page for each contract and a start page. They need no server.')
        .option('--out <dir>', 'the folder to write to', join(root, 'var', 'docs'))
        .option('--origin <origin>', 'the origin of the server', parseOrigin, standardOrigins.public)
        .option('--admin-origin <origin>', 'the origin of the admin listener', parseOrigin, standardOrigins.admin)
        .action(async ({ out, origin, adminOrigin }) => {
          const folder = resolve(out);
          const index = join(folder, 'index.html');
          if (existsSync(index) && !readFileSync(index, 'utf8').includes(indexTitle)) {
            throw new Error(`${index} belongs to another program; choose another folder with --out.`);
          }
          const origins = { public: origin, admin: adminOrigin };
          const written = await writeDocs(allLoaded(await loadFolder()), loadAdminDocument(), folder, origins);
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

/** @param operators the admin contract, which is listed below the others */
function indexPage(contracts: readonly ConsoleContract[], operators: ConsoleContract, origins: Origins): string {
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
          ${new Html(['base.css', 'facts.css', 'start.css'].map(readAsset).join(''))}
        </style>
      </head>
      <body>
        ${docsHeader([...contracts, operators], '')}
        <main>
          <div class="intro">
            <h1 class="large">Refract reference</h1>
            <p class="lead quiet">The refresh contracts as their OpenAPI documents describe them, one page each.</p>
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
function embeddedHeader(contracts: readonly Pick<ConsoleContract, 'document'>[], name: string): Html {
  const styles = readAsset('base.css').replace(':root', ':scope');
  const scope = ':scope { background: var(--ground); color: var(--ink); font: 1rem/1.55 var(--sans); }';
  return html`<div class="refract-header">
    <style>
      ${new Html(`@scope (.refract-header) { ${styles} ${scope} }`)}
    </style>
    ${docsHeader(contracts, name)}
  </div>`;
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
