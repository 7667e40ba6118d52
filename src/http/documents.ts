// Loads OpenAPI documents, for the generator, the validator, the mocks and the tests alike. It refuses what one of them
// could not process or would read differently; the linter (openapi/redocly.yaml) checks the quality of a document.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RefractError } from '../errors.ts';
import { withCache } from './documents/cache.ts';
import { addCommonResponses, methods } from './documents/additions.ts';
import { isObject, Source, sourceFiles, type JsonObject } from './documents/source.ts';

export type { Json, JsonObject } from './documents/source.ts';

/** One OpenAPI document. */
export interface ContractDocument {
  /** The name of the contract: the file name without `.yaml`. */
  name: string;
  file: string;
  /** The path of the one server, without a trailing slash and never empty. */
  basePath: string;
  /** The text of the file. */
  source: string;
  /** The parsed file, with its references. */
  document: JsonObject;
  operations: readonly DocumentedOperation[];
}

export interface DocumentedOperation {
  operationId: string;
  line: number;
  /** In lower case. */
  method: string;
  /** Without the base path. */
  path: string;
  /** The header of the operation's security scheme (`apiKey` or `http`), in lower case. */
  credentialHeader: string | undefined;
  /** Whether the credential follows the word `Bearer` (RFC 6750 §2.1). */
  isBearer: boolean;
  /** Of the path and of the operation, with references inlined. */
  parameters: readonly JsonObject[];
  /** The schema has its references inlined; the example is the first one of the document. */
  request: { mediaType: string; required: boolean; schema: JsonObject; example: unknown } | undefined;
  responses: ReadonlyMap<number, DocumentedResponse>;
}

export interface DocumentedResponse {
  status: number;
  mediaType: string | undefined;
  /** With references inlined. */
  schema: JsonObject | undefined;
  /** By name, as written. */
  headers: ReadonlyMap<string, { required: boolean; schema: JsonObject }>;
  examples: ReadonlyMap<string, unknown>;
}

/** The folder of this package's documents. */
export const openapiFolder: string = fileURLToPath(new URL('../../openapi', import.meta.url));

/** Reports whether a file is a document: not the linter's configuration, and not an editor's hidden file. */
export function isDocumentFile(file: string): boolean {
  return file.endsWith('.yaml') && file !== 'redocly.yaml' && !file.startsWith('.');
}

/** Loads the documents of a folder, ordered by name. @throws RefractError `document` */
export function loadDocuments(folder: string): readonly ContractDocument[] {
  return documentFiles(folder).map(({ file }) => loadDocument(file));
}

/** Lists the documents of a folder, ordered by name. @throws RefractError `document` if there is none */
export function documentFiles(folder: string): readonly { readonly name: string; readonly file: string }[] {
  const files = readOr(folder, () => readdirSync(folder))
    .filter(isDocumentFile)
    .sort();
  if (files.length === 0)
    throw new RefractError('document', `${folder}: there is no OpenAPI document; add one as <name>.yaml.`);
  return files.map((file) => ({ name: basename(file, '.yaml'), file: join(folder, file) }));
}

/** Loads the document of one file. @throws RefractError `document` or `unreadable_document` */
export function loadDocument(file: string): ContractDocument {
  const text = readOr(file, () => readFileSync(file, 'utf8'));
  const name = basename(file).replace(/\.(ya?ml|json)$/, '');
  // Parsing YAML takes most of the time that a start spends on a document.
  const files = [import.meta.url, import.meta.resolve('./documents/additions.ts'), ...sourceFiles];
  return withCache({ name, text: JSON.stringify([file, text]), files }, () => parseDocument(name, file, text));
}

/** Parses the text of a document. @param file for messages @throws RefractError `document` or `unreadable_document` */
export function parseDocument(name: string, file: string, text: string): ContractDocument {
  const source = new Source(file, text);
  // Both forms: with references, and with each of them replaced by its target.
  for (const form of [source.document, source.root]) addCommonResponses(form);
  const basePath = readBasePath(name, source);
  return { name, file, basePath, source: text, document: source.document, operations: readOperations(source) };
}

function readOr<Content>(path: string, read: () => Content): Content {
  try {
    return read();
  } catch (cause) {
    throw new RefractError(
      'document',
      `${path}: cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`,
    );
  }
}

/** The path of the first server, with the defaults of its variables; without one, the contract has its name as its path. */
function readBasePath(name: string, { root }: Source): string {
  const [server] = Object.values(objectIn(root, 'servers'));
  if (!isObject(server)) return `/${name}`;
  const variables = objectIn(server, 'variables');
  const url = (textIn(server, 'url') ?? '').replaceAll(
    /\{([^{}]+)\}/g,
    (_template, variable: string) => textIn(objectIn(variables, variable), 'default') ?? variable,
  );
  const path = URL.canParse(url, 'http://origin') ? new URL(url, 'http://origin').pathname.replace(/\/+$/, '') : '';
  return path === '' ? `/${name}` : path;
}

function readOperations(source: Source): DocumentedOperation[] {
  const taken = new Set<string>();
  const paths = objectIn(source.root, 'paths');
  const operations = Object.keys(paths).flatMap((path) => {
    const item = objectIn(paths, path);
    return methods.filter((method) => method in item).map((method) => readOperation(source, path, item, method, taken));
  });
  if (operations.length === 0)
    source.refuse(source.root, 'paths', 'the document has no operation; describe one under `paths`');
  return operations;
}

function readOperation(source: Source, path: string, item: JsonObject, method: string, taken: Set<string>) {
  if (!/^(\/([\w.~%-]|\{\w+\})*)+$/.test(path)) {
    const advice = 'write it with letters, digits, - . _ ~ and {parameters} between slashes';
    return source.refuse(objectIn(source.root, 'paths'), path, `the path ${path} cannot be served; ${advice}`);
  }
  const operation = objectIn(item, method);
  const operationId = textIn(operation, 'operationId');
  if (operationId === undefined)
    return source.refuse(item, method, `${method} ${path} has no operationId; give it one`);
  if (taken.has(operationId))
    source.refuse(operation, 'operationId', `the operationId ${operationId} is taken already; choose another`);
  taken.add(operationId);

  const { mediaType, schema, examples } = readContent(objectIn(operation, 'requestBody'));
  const required = objectIn(operation, 'requestBody')['required'] === true;
  const request = mediaType && schema ? { mediaType, required, schema, example: [...examples.values()][0] } : undefined;
  const { credentialHeader, isBearer } = readCredential(source, operation);
  const parameters = [item, operation].flatMap((holder) =>
    Object.values(objectIn(holder, 'parameters')).filter(isObject),
  );
  const responses = readResponses(objectIn(operation, 'responses'));
  const line = source.lineOf(item, method);
  return { operationId, line, method, path, credentialHeader, isBearer, parameters, request, responses };
}

function readCredential(
  { root }: Source,
  operation: JsonObject,
): Pick<DocumentedOperation, 'credentialHeader' | 'isBearer'> {
  const requirements = objectIn('security' in operation ? operation : root, 'security');
  const schemes = objectIn(objectIn(root, 'components'), 'securitySchemes');
  const [header] = Object.keys(requirements)
    .flatMap((index) => Object.keys(objectIn(requirements, index)))
    .map((name) => objectIn(schemes, name))
    .filter((scheme) => scheme['type'] === 'http' || (scheme['type'] === 'apiKey' && scheme['in'] === 'header'));
  if (header?.['type'] === 'http')
    return { credentialHeader: 'authorization', isBearer: header['scheme'] === 'bearer' };
  return { credentialHeader: header && textIn(header, 'name')?.toLowerCase(), isBearer: false };
}

function readResponses(responses: JsonObject): Map<number, DocumentedResponse> {
  const documented = new Map<number, DocumentedResponse>();
  // A status of its own comes before a range, and a range before `default`.
  const keys = Object.keys(responses).sort((one, other) => rankOf(one) - rankOf(other));
  for (const key of keys) {
    const status = key === 'default' ? 500 : Number(key.replace(/XX$/i, '00'));
    if (documented.has(status)) continue;
    const response = objectIn(responses, key);
    const declared = objectIn(response, 'headers');
    const headers = Object.keys(declared).map((name) => {
      const header = objectIn(declared, name);
      return [name, { required: header['required'] === true, schema: objectIn(header, 'schema') }] as const;
    });
    documented.set(status, { status, headers: new Map(headers), ...readContent(response) });
  }
  return new Map([...documented].sort(([one], [other]) => one - other));
}

const rankOf = (key: string): number => (key === 'default' ? 2 : /XX$/i.test(key) ? 1 : 0);

/** Of several media types, JSON is read; without JSON, the first. */
function readContent(holder: JsonObject) {
  const content = objectIn(holder, 'content');
  const mediaTypes = Object.keys(content);
  const mediaType = mediaTypes.find((one) => /[/+]json\b/.test(one)) ?? mediaTypes[0];
  const media = mediaType === undefined ? {} : objectIn(content, mediaType);
  const named = objectIn(media, 'examples');
  const examples = Object.keys(named).map((name): [string, unknown] => [name, objectIn(named, name)['value']]);
  if (examples.length === 0 && media['example'] !== undefined) examples.push(['example', media['example']]);
  const schema = mediaType === undefined ? undefined : objectIn(media, 'schema');
  return { mediaType, schema, examples: new Map(examples) };
}

/** Returns the object or list of a name, a list by its indices; empty by default. */
function objectIn(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  if (isObject(value)) return value;
  return Array.isArray(value) ? Object.fromEntries(value.entries()) : {};
}

function textIn(holder: JsonObject, name: string): string | undefined {
  const value = holder[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
