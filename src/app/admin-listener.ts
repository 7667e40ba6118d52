// The listener for operators: the admin contract, and the pages that show the state of the server.
import { dirname, join } from 'node:path';
import type { Administration } from '../admin/administration.ts';
import type { BulkImport } from '../admin/bulk-import.ts';
import { createImports } from '../admin/imports.ts';
import { mountAdmin } from '../admin/mount.ts';
import { adminOperations, type OperationParts } from '../admin/operations.ts';
import { minAdminTokenLength, parseAdminTokens } from '../admin/tokens.ts';
import type { Config } from '../config.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { HttpServer, ServedContent } from '../http/server.ts';
import type { HttpEvent } from '../http/types.ts';
import { createSecretFile, readSecretFile } from '../signer/secret-file.ts';
import type { AdminPagesParts } from './admin-pages.ts';
import { loadAdminDocument } from './contracts.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ComposeOptions } from './refract.ts';

type TokenSettings = Pick<Config, 'database' | 'adminToken' | 'adminTokenFile'>;
type ServerSettings = Pick<Config, 'headerTimeout' | 'requestTimeout' | 'stopTimeout' | 'adminFailureLimit'>;

export interface AdminListenerParts {
  readonly settings: TokenSettings & ServerSettings & Pick<Config, 'adminPort' | 'adminHost' | 'adminNames'>;
  readonly administration: Administration;
  readonly bulkImport: BulkImport;
  readonly shapeOf: OperationParts['shapeOf'];
  readonly introspect: OperationParts['introspect'];
  /** Opens the keys, since the pages show their state. */
  readonly pages: () => Promise<AdminPagesParts>;
  readonly lifecycle: Lifecycle;
  readonly observe: (event: HttpEvent) => void;
  readonly options: Pick<ComposeOptions, 'clock' | 'onImportEvent' | 'beforeOpening'>;
}

export interface AdminListener {
  /** @throws RefractError `admin_token`, `key` or `document` */
  readonly listen: () => Promise<string>;
  /** @throws RefractError `document`, and continues with the previous one */
  readonly replace: (document: ContractDocument) => Promise<void>;
}

export function createAdminListener(parts: AdminListenerParts): AdminListener {
  const { settings, lifecycle, options } = parts;
  let replace = async (_document: ContractDocument): Promise<void> => undefined;
  return {
    listen: async () => {
      const prepared = await prepare(parts);
      lifecycle.register('admin listener', prepared.close);
      ({ replace } = prepared);
      await options.beforeOpening?.();
      return prepared.listen(settings.adminPort, settings.adminHost);
    },
    replace: (document) => replace(document),
  };
}

interface Prepared extends Pick<HttpServer, 'listen' | 'close'>, Pick<AdminListener, 'replace'> {}

/** Prepares everything except the port. */
async function prepare(parts: AdminListenerParts): Promise<Prepared> {
  const { settings, administration, bulkImport, shapeOf, introspect, observe, options } = parts;
  const pages = await parts.pages();
  const imports = createImports({
    bulkImport,
    clock: options.clock ?? (() => Math.floor(Date.now() / 1000)),
    onEvent: options.onImportEvent ?? (() => undefined),
  });
  const operations = adminOperations({ administration, imports, introspect, shapeOf });
  const authorize = parseAdminTokens(settings.adminToken ?? tokenFromFile(settings)).nameOf;
  // Loaded here, since a command without a port needs neither Express nor prom-client.
  const [{ createHttpServer }, { allowHostNames }, { adminPages }] = await Promise.all([
    import('../http/server.ts'),
    import('../http/host-names.ts'),
    import('./admin-pages.ts'),
  ]);
  const names = allowedNames(settings);
  const pagesFor = adminPages(pages);
  const contentOf = (document: ContractDocument): ServedContent => ({
    mounts: [mountAdmin(document, operations, authorize)],
    pages: pagesFor(document),
    ...(names && { front: [allowHostNames(names)] }),
  });
  const { headerTimeout, requestTimeout, stopTimeout, adminFailureLimit } = settings;
  const timeouts = { headerTimeout, requestTimeout, stopTimeout };
  const server = await createHttpServer({
    ...contentOf(loadAdminDocument()),
    ...timeouts,
    observe,
    failureLimit: adminFailureLimit,
  });
  return {
    ...server,
    replace: (document) => server.replace(contentOf(document)),
    // An import whose connection was closed still commits and records the rows it has read.
    close: async () => {
      imports.stop();
      await server.close();
      await imports.ended();
    },
  };
}

/** Returns the accepted host names; undefined for any, since a listener on a network address may have unknown names. */
function allowedNames({ adminHost, adminNames }: AdminListenerParts['settings']): readonly string[] | undefined {
  if (adminNames !== 'none') return adminNames.toLowerCase().split(',');
  return adminHost === 'localhost' || adminHost === '::1' || adminHost.startsWith('127.') ? [] : undefined;
}

/** Returns the file of the admin token, for a configuration without a token. */
export function adminTokenFile({ adminTokenFile: file, database }: TokenSettings): string {
  return file ?? join(dirname(database), 'admin.token');
}

/**
 * Reads the admin tokens, and creates nothing.
 * @returns their names; `undefined` if the next start creates one
 * @throws RefractError `admin_token` or `key` if a start would fail
 */
export function inspectAdminTokens(settings: TokenSettings): readonly string[] | undefined {
  const tokens = settings.adminToken ?? readSecretFile(adminTokenFile(settings), 'admin token', minAdminTokenLength);
  return tokens === undefined ? undefined : parseAdminTokens(tokens).names;
}

function tokenFromFile(settings: TokenSettings): string {
  const file = adminTokenFile(settings);
  return (
    readSecretFile(file, 'admin token', minAdminTokenLength) ??
    createSecretFile(file, 'admin token', minAdminTokenLength)
  );
}
