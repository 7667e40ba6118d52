// The static reference: a page by Redoc for every contract and for the admin contract, and a start page. The files open
// without a server and send no request.
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadContracts, type LoadedContract } from '../src/app/contracts.ts';
import { loadAdminDocument } from '../src/app/contracts.ts';
import { settings } from '../src/config.ts';
import type { ConsoleContract } from '../src/console/model.ts';
import { mountedDocument } from '../src/console/console.ts';
import type { ContractDocument, JsonObject } from '../src/http/documents.ts';
import { resolveSettings } from '../src/engine/policy.ts';
import { runCommand, type Output } from './command.ts';
import { embeddedHeader, indexPage, indexTitle, type Origins } from './docs/index-page.ts';
import { operationIn } from './mock/shown.ts';

const root = dirname(import.meta.dirname);

const standardOrigins: Origins = {
  public: `http://${settings.host.standard}:${settings.port.standard}`,
  admin: `http://${settings.adminHost.standard}:${settings.adminPort.standard}`,
};

/** Writes `index.html` and a page for each document. @throws Error when Redocly cannot make one */
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

function withSettings({ name, document, contract }: LoadedContract): ConsoleContract {
  const { algorithm } = contract.profile;
  const runs = { ...resolveSettings(name, contract.defaults, {}), algorithm };
  return { document, runs, hasPublicKeys: algorithm === 'EdDSA' };
}

/** Removes the tags, because Redoc folds operations by tag. Contracts with a few operations need no groups. */
function withoutTags({ document, operations }: LoadedContract['document']): JsonObject {
  const { tags: _tags, ...untagged } = structuredClone(document);
  for (const operation of operations) delete operationIn(untagged, operation)['tags'];
  return untagged;
}

async function redoc(document: object, file: string): Promise<void> {
  const cli = join(dirname(fileURLToPath(import.meta.resolve('@redocly/cli/package.json'))), 'bin', 'cli.js');
  const scratch = mkdtempSync(join(tmpdir(), 'refract-docs-'));
  try {
    const api = join(scratch, 'openapi.json');
    writeFileSync(api, JSON.stringify(document));
    await promisify(execFile)(process.execPath, [cli, 'build-docs', api, '--inlineBundle', '--output', file], {
      cwd: scratch,
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
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
    .replaceAll(picture, makersName)
    .replace('<head>', () => `<head>\n  ${meta}`)
    .replace('</head>', () => `<style>${headings}</style>\n</head>`)
    .replace('<body>', () => `<body>\n${header}`);
}

/** Redoc's headings are too large for their column: on a phone they would break inside words. */
const headings =
  'h1 { font-size: 1.75rem !important; line-height: 1.3 !important } @media (max-width: 45rem) { h1, h2 { font-size: 1.2rem !important; line-height: 1.35 !important } }';

const makersName = `data:image/svg+xml,${encodeURIComponent(
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

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
