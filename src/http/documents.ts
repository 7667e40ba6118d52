/**
 * The one loader of the OpenAPI documents. The generator, the validator, the mocks and the tests all read a document
 * through it, so that they cannot disagree about what it says.
 *
 * - What a tool behind us would choke on, or silently read as something else, is refused in one sentence that names
 *   file and line. Everything else about a document's quality is the linter's business (openapi/redocly.yaml).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument as parseYaml } from 'yaml';
import type { Document, YAMLMap } from 'yaml';

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [member: string]: Json };

/** One document, as its file says it. */
export interface ContractDocument {
  /** The name of the contract: the file name without `.yaml`. */
  name: string;
  file: string;
  /** The path of the one server, without a trailing slash and never empty. */
  basePath: string;
  /** The text of the file. */
  source: string;
  /** The parsed file: plain objects of its own, references unresolved. */
  document: JsonObject;
  operations: readonly DocumentedOperation[];
}

export interface DocumentedOperation {
  operationId: string;
  /** In lower case. */
  method: string;
  /** Without the base path. */
  path: string;
  /** The header of the operation's `apiKey` security scheme, in lower case. */
  credentialHeader: string | undefined;
  /** Of the path and of the operation, references inlined. */
  parameters: readonly JsonObject[];
  /** The schema has its references inlined; the example is the first one. */
  request: { mediaType: string; required: boolean; schema: JsonObject; example: unknown } | undefined;
  responses: ReadonlyMap<number, DocumentedResponse>;
}

export interface DocumentedResponse {
  status: number;
  mediaType: string | undefined;
  /** References inlined. */
  schema: JsonObject | undefined;
  /** By name, as written. */
  headers: ReadonlyMap<string, { required: boolean; schema: JsonObject }>;
  examples: ReadonlyMap<string, unknown>;
}

/** A document that cannot be worked with; the message is one sentence that names the file and, where known, the line. */
export class DocumentError extends Error {
  override name = 'DocumentError';
}

/** The folder of the documents that come with this package. */
export const openapiFolder: string = fileURLToPath(new URL('../../openapi', import.meta.url));

/** Whether a file of the folder is a document; the linter's configuration is none. */
export function isDocumentFile(file: string): boolean {
  return file.endsWith('.yaml') && file !== 'redocly.yaml';
}

/** Every document of a folder, by name. */
export function loadDocuments(folder: string): readonly ContractDocument[] {
  const documents = readOr(folder, () => readdirSync(folder))
    .filter(isDocumentFile)
    .sort();
  if (documents.length === 0) throw new DocumentError(`${folder}: there is no document in this folder.`);
  return documents.map((file) => loadDocument(join(folder, file)));
}

/** The document of one file. */
export function loadDocument(file: string): ContractDocument {
  const text = readOr(file, () => readFileSync(file, 'utf8'));
  return parseDocument(basename(file, '.yaml'), file, text);
}

/** What `loadDocument` does after reading; `file` only serves the messages. */
export function parseDocument(name: string, file: string, text: string): ContractDocument {
  const source = new Source(file, text);
  if (!/^3\.1\.\d+$/.test(textIn(source.root, 'openapi') ?? ''))
    source.refuse(source.root, 'openapi', 'this is not an OpenAPI 3.1 document; write `openapi: 3.1.0`');
  const basePath = basePathOf(source);
  return { name, file, basePath, source: text, document: source.document, operations: operationsOf(source) };
}

function readOr<Content>(path: string, read: () => Content): Content {
  try {
    return read();
  } catch (cause) {
    throw new DocumentError(`${path}: cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`);
  }
}

function basePathOf(source: Source): string {
  const [server, ...others] = Object.values(objectIn(source.root, 'servers'));
  if (!isObject(server) || others.length > 0)
    return source.refuse(source.root, 'servers', 'a document has exactly one server');
  const url = textIn(server, 'url') ?? '';
  const plain = !/[{}]/.test(url) && URL.canParse(url, 'http://origin');
  const basePath = plain ? new URL(url, 'http://origin').pathname.replace(/\/+$/, '') : '';
  return basePath || source.refuse(server, 'url', 'the server needs a base path of its own, for example /example');
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

function operationsOf(source: Source): DocumentedOperation[] {
  const taken = new Set<string>();
  const paths = objectIn(source.root, 'paths');
  const operations = Object.keys(paths).flatMap((path) => {
    const item = objectIn(paths, path);
    return methods.filter((method) => method in item).map((method) => operationOf(source, path, item, method, taken));
  });
  if (operations.length === 0) source.refuse(source.root, 'paths', 'the document has no operation');
  return operations;
}

function operationOf(source: Source, path: string, item: JsonObject, method: string, taken: Set<string>) {
  const operation = objectIn(item, method);
  const operationId = textIn(operation, 'operationId');
  if (operationId === undefined) return source.refuse(item, method, `${method} ${path} has no operationId`);
  if (taken.has(operationId))
    source.refuse(operation, 'operationId', `the operationId ${operationId} is taken already`);
  taken.add(operationId);

  const { mediaType, schema, examples } = contentOf(source, objectIn(operation, 'requestBody'));
  const required = objectIn(operation, 'requestBody')['required'] === true;
  const request = mediaType && schema ? { mediaType, required, schema, example: [...examples.values()][0] } : undefined;
  const credentialHeader = credentialHeaderOf(source, operation);
  const parameters = [item, operation].flatMap((of) => Object.values(objectIn(of, 'parameters')).filter(isObject));
  const responses = responsesOf(source, objectIn(operation, 'responses'));
  return { operationId, method, path, credentialHeader, parameters, request, responses };
}

function credentialHeaderOf({ root }: Source, operation: JsonObject): string | undefined {
  const requirements = objectIn('security' in operation ? operation : root, 'security');
  const schemes = objectIn(objectIn(root, 'components'), 'securitySchemes');
  const [header] = Object.keys(requirements)
    .flatMap((index) => Object.keys(objectIn(requirements, index)))
    .map((name) => objectIn(schemes, name))
    .filter((scheme) => scheme['type'] === 'apiKey' && scheme['in'] === 'header');
  return header && textIn(header, 'name')?.toLowerCase();
}

function responsesOf(source: Source, responses: JsonObject): Map<number, DocumentedResponse> {
  const documented = Object.keys(responses).map((key) => {
    if (!/^[1-5]\d\d$/.test(key)) source.refuse(responses, key, `the response ${key} is not a three-digit status`);
    const response = objectIn(responses, key);
    const declared = objectIn(response, 'headers');
    const headers = Object.keys(declared).map((name) => {
      const header = objectIn(declared, name);
      return [name, { required: header['required'] === true, schema: objectIn(header, 'schema') }] as const;
    });
    return { status: Number(key), headers: new Map(headers), ...contentOf(source, response) };
  });
  return new Map(documented.map((response) => [response.status, response]));
}

function contentOf(source: Source, holder: JsonObject) {
  const content = objectIn(holder, 'content');
  const [mediaType, ...others] = Object.keys(content);
  if (others.length > 0) source.refuse(holder, 'content', 'a body has exactly one media type');
  const media = mediaType === undefined ? {} : objectIn(content, mediaType);
  const named = objectIn(media, 'examples');
  const examples = Object.keys(named).map((name): [string, unknown] => [name, objectIn(named, name)['value']]);
  const schema = mediaType === undefined ? undefined : objectIn(media, 'schema');
  return { mediaType, schema, examples: new Map(examples) };
}

/** One parsed file: the document as written, the same with references inlined, and where its members stand. */
class Source {
  readonly document: JsonObject;
  readonly root: JsonObject;
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #tree: Document;
  readonly #nodes = new WeakMap<JsonObject, YAMLMap>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#tree = parseYaml(text, { lineCounter: this.#lines, prettyErrors: false });
    const [broken] = this.#tree.errors;
    if (broken) this.#refuseAt(broken.pos[0], `the YAML is broken: ${broken.message}`);
    const root = this.#inlined(this.#tree.contents, []);
    const document: unknown = this.#tree.toJS();
    if (!isObject(root) || !isObject(document)) this.#refuseAt(0, 'this is not an OpenAPI document');
    this.root = root;
    this.document = document;
  }

  refuse(holder: JsonObject, member: string, complaint: string): never {
    const items = this.#nodes.get(holder)?.items ?? [];
    const pair = items.find(({ key }) => isScalar(key) && String(key.value) === member) ?? items[0];
    this.#refuseAt(isNode(pair?.key) ? pair.key.range?.[0] : undefined, complaint);
  }

  /** A plain copy with every reference replaced by what it refers to; `within` are the references on the way here. */
  #inlined(node: unknown, within: readonly string[]): Json {
    if (isAlias(node)) this.#refuseAt(node.range?.[0], `the alias *${node.source} is to be written out`);
    if (isNode(node) && node.anchor) this.#refuseAt(node.range?.[0], `the anchor &${node.anchor} is to be removed`);
    if (isSeq(node)) return node.items.map((item) => this.#inlined(item, within));
    if (!isMap(node)) return isScalar(node) && isPlain(node.value) ? node.value : null;
    const merge = node.items.find(({ key }) => isScalar(key) && key.value === '<<');
    if (isNode(merge?.key)) this.#refuseAt(merge.key.range?.[0], 'the merge key << is to be written out');
    const members = node.items.map(({ key, value }): [string, Json] => [
      nameOf(this.#inlined(key, [])),
      this.#inlined(value, within),
    ]);
    const { $ref, ...siblings } = Object.fromEntries(members);
    if (typeof $ref === 'string') return this.#referred($ref, node, siblings, within);
    const object = Object.fromEntries(members);
    this.#nodes.set(object, node);
    return object;
  }

  #referred($ref: string, node: YAMLMap, siblings: JsonObject, within: readonly string[]): Json {
    const path = $ref.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const target: unknown = path.shift() === '#' ? this.#tree.getIn(path, true) : undefined;
    if (!isMap(target)) this.#refuseAt(node.range?.[0], `the reference ${$ref} leads nowhere in this file`);
    if (within.includes($ref)) this.#refuseAt(node.range?.[0], `the reference ${$ref} leads back to itself`);
    const inlined = this.#inlined(target, [...within, $ref]);
    const describing = Object.keys(siblings).every((name) => name === 'summary' || name === 'description');
    if (!isObject(inlined) || !describing) return { ...siblings, allOf: [inlined] };
    return Object.assign(inlined, siblings);
  }

  #refuseAt(offset: number | undefined, complaint: string): never {
    const line = offset === undefined ? '' : `:${String(this.#lines.linePos(offset).line)}`;
    throw new DocumentError(`${this.#file}${line}: ${complaint}.`);
  }
}

const nameOf = (key: Json): string => (typeof key === 'string' ? key : JSON.stringify(key));

const isPlain = (value: unknown): value is null | boolean | number | string =>
  value === null || ['boolean', 'number', 'string'].includes(typeof value);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object or list of that name (a list by its indices), empty where there is none. */
function objectIn(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  if (isObject(value)) return value;
  return Array.isArray(value) ? Object.fromEntries(value.entries()) : {};
}

function textIn(holder: JsonObject, name: string): string | undefined {
  const value = holder[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
