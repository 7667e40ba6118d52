// The validator of one operation. It is put together from the validator's own parts, since its front door compiles the
// schema of OpenAPI itself for every document, and takes whole documents apart for every status of an operation: most
// of what a start would wait for. Here an operation sees what it refers to, and the document was checked before.
import type { Request, RequestHandler } from 'express';
import { parse } from 'node:url';
import { OpenApiContext } from 'express-openapi-validator/dist/framework/openapi.context.js';
import {
  applyOpenApiMetadata,
  RequestValidator,
  ResponseValidator,
  security,
} from 'express-openapi-validator/dist/middlewares/index.js';
import { SchemaPreprocessor } from 'express-openapi-validator/dist/middlewares/parsers/schema.preprocessor.js';
import { OpenApiValidator } from 'express-openapi-validator/dist/openapi.validator.js';
import { DocumentError, type ContractDocument, type DocumentedOperation } from './documents.ts';
import { isObject, type Json, type JsonObject } from './documents/source.ts';

type Spec = ConstructorParameters<typeof OpenApiContext>[0];
type ApiDocument = Spec['apiDoc'];

/** What a validator adds to a request says whose it is. */
let latest = 0;

/** Of each document, by method and route. */
const known = new WeakMap<JsonObject, Map<string, OperationValidator>>();

export interface OperationValidator {
  /** What a request walks through; they leave on it what they found. */
  readonly steps: readonly RequestHandler[];
  /**
   * Holds a JSON reply to such a request against the document.
   * @throws what the validator throws for a reply that it does not have
   */
  readonly checkReply: (request: Request, status: number, body: unknown) => void;
}

/**
 * Validates requests and replies of one operation. What it compiles is kept as long as its document, however often that
 * is mounted. @param route the operation's path as Express writes it
 */
export function validatorOf(
  document: ContractDocument,
  operation: DocumentedOperation,
  route: string,
): OperationValidator {
  const ofDocument = known.get(document.document) ?? new Map<string, OperationValidator>();
  known.set(document.document, ofDocument);
  const key = `${operation.method} ${route}`;
  const validator = ofDocument.get(key) ?? newValidator(document, operation, route);
  ofDocument.set(key, validator);
  return validator;
}

/** @throws DocumentError with one sentence where the document refers to what is no component: the validator follows no other */
export function checkReferences({ document, file }: ContractDocument): void {
  const [, strayed] = /"\$ref":"((?!#\/components\/)[^"]*)"/.exec(JSON.stringify(document)) ?? [];
  if (strayed !== undefined) {
    throw new DocumentError(`${file}: ${strayed} refers to no component; move there what it refers to.`);
  }
}

function newValidator(
  { document, basePath }: ContractDocument,
  { method, path }: DocumentedOperation,
  route: string,
): OperationValidator {
  // The validator rewrites what it is given: a copy, at the base path it is mounted at.
  const apiSpec = apiDocument(structuredClone({ ...excerpt(document, path, method), servers: [{ url: basePath }] }));
  warnOfParse();
  const validator = new OpenApiValidator({
    apiSpec,
    validateRequests: { coerceTypes: false, allErrors: true, allowUnknownQueryParameters: true },
    validateResponses: true,
    // Nothing is uploaded to us in parts, and each request would be asked.
    fileUploader: false,
  });
  const base = basePath.replace(/\/$/, '');
  latest += 1;
  const spec = {
    apiDoc: apiSpec,
    basePaths: [base],
    routes: [
      {
        basePath: base,
        expressRoute: route,
        openApiRoute: base + path,
        method: method.toUpperCase(),
        pathParams: [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []),
      },
    ],
    serial: latest,
  };
  let parts: Parts | undefined;
  // Put together at the first request, as the validator would: a document that it cannot work with is found by the walk.
  const partsNow = (): Parts => (parts ??= partsOf(validator, spec, !path.includes('{'), knownReplies(document)));
  const step = (name: 'find' | 'authenticate' | 'request'): RequestHandler => {
    return (request, response, next) => partsNow()[name](request, response, next);
  };
  const { security: required = document['security'] } = objectIn(objectIn(objectIn(document, 'paths'), path), method);
  const isSecured = Array.isArray(required) && required.length > 0;
  return {
    steps: [step('find'), ...(isSecured ? [step('authenticate')] : []), step('request')],
    checkReply: (request, status, body) => {
      partsNow().checkReply(request, status, body);
    },
  };
}

interface Parts extends Pick<OperationValidator, 'checkReply'> {
  readonly find: RequestHandler;
  readonly authenticate: RequestHandler;
  readonly request: RequestHandler;
}

/**
 * The validator's own parts. Its chain waits for its document anew before each of them, which is here before the first
 * request; and it finds the schemas of a reply by its media type, which it takes apart three times, while a document of
 * ours has one for each status.
 */
function partsOf(
  { options, ajvOpts }: OpenApiValidator,
  spec: Spec,
  isOfOnePath: boolean,
  knownOfDocument: Map<string, OfStatus | undefined>,
): Parts {
  const { apiDoc, serial } = spec;
  const ofReplies = options.validateResponses === false ? {} : options.validateResponses;
  const { apiDocRes } = new SchemaPreprocessor(apiDoc, lean(ajvOpts.preprocessor), ofReplies).preProcess();
  const context = new OpenApiContext(spec, () => false);
  // Its own default, which its type does not have: a credential has to be there, and is not judged.
  const handlers = undefined as unknown as Parameters<typeof security>[1];
  const find = applyOpenApiMetadata(context, apiDocRes);
  const request = new RequestValidator(apiDoc, lean(ajvOpts.request));
  const reply = new ResponseValidator(apiDocRes, lean(ajvOpts.response), ofReplies, serial);
  let validators: Readonly<Record<string, OfStatus>> | undefined;
  return {
    find: asNamed(isOfOnePath ? remembering(find) : find, apiDoc),
    authenticate: security(apiDoc, handlers),
    request: (...input) => request.validate(...input),
    checkReply: (answered, statusCode, body) => {
      // Express does not know the member that `find` has added.
      const found = answered as FoundRequest;
      validators ??= ofStatuses(reply, found, apiDocRes, knownOfDocument);
      // Its type wants an object; what is none it finds wrong like anything else.
      reply._validate({ validators, body: body as object, statusCode, path: answered.originalUrl, accepts: [] });
    },
  };
}

type OfStatus = ReturnType<ResponseValidator['_getOrBuildValidator']>[string];

/** Of each document, by what a response may be, with all that it refers to. */
const repliesOfDocuments = new WeakMap<JsonObject, Map<string, OfStatus | undefined>>();

function knownReplies(document: JsonObject): Map<string, OfStatus | undefined> {
  const known = repliesOfDocuments.get(document) ?? new Map<string, OfStatus | undefined>();
  repliesOfDocuments.set(document, known);
  return known;
}

/**
 * What replies of an operation are held against, by status. Most operations of a document refuse in the same words, which
 * are compiled once for all of them. @param known what other operations have compiled; added to
 */
function ofStatuses(
  reply: ResponseValidator,
  found: FoundRequest,
  apiDoc: ApiDocument,
  known: Map<string, OfStatus | undefined>,
): Readonly<Record<string, OfStatus>> {
  // The document again, as the validator has it for replies: of JSON alone, but for functions that its own keywords call.
  const all = objectIn(apiDoc as unknown as JsonObject, 'components');
  const statuses = Object.entries(found.openapi._responseSchema?.responses ?? {}).map(([status, response]) => {
    // A member of the same.
    const { content } = resolved(all, response as unknown as JsonObject);
    const text = JSON.stringify([content, componentsOf(all, content ?? null)]);
    return { status, response, text };
  });
  const fresh = new Map(statuses.filter(({ text }) => !known.has(text)).map((one) => [one.text, one]));
  const responses = Object.fromEntries([...fresh.values()].map(({ status, response }) => [status, response]));
  const built = reply._getOrBuildValidator(found, responses);
  for (const { status, text } of fresh.values()) known.set(text, built[status]);
  return Object.fromEntries(
    statuses.flatMap(({ status, text }) => {
      const one = known.get(text);
      // A status without JSON has none.
      return one === undefined ? [] : [[status, one]];
    }),
  );
}

/** As the validator resolves the response of a status. */
function resolved(all: JsonObject, response: JsonObject): JsonObject {
  const { $ref: reference } = response;
  return typeof reference === 'string'
    ? objectIn(objectIn(all, 'responses'), reference.slice(reference.lastIndexOf('/') + 1))
    : response;
}

/** Without the schema of schemas, which is for those who let schemas be checked against it. Ours were checked before. */
function lean<Options extends object>(options: Options): Options {
  return { ...options, meta: false };
}

type FoundRequest = Parameters<ResponseValidator['_getOrBuildValidator']>[0] & {
  readonly openapi: { readonly _responseSchema?: { readonly responses: ResponsesOf } };
};
type ResponsesOf = Parameters<ResponseValidator['_getOrBuildValidator']>[1];

/**
 * The validator reads `name[]` and `name[x]` of a query as `name`. To a document they are other parameters, which nobody
 * knows and which are ignored: so it does not get to see them, unless the document has parameters that are written so.
 */
function asNamed(find: RequestHandler, apiDoc: ApiDocument): RequestHandler {
  if (JSON.stringify(apiDoc).includes('"deepObject"')) return find;
  return (request, response, next) => {
    const { url } = request;
    const at = url.indexOf('?');
    if (at >= 0 && /\[|%5b/i.test(url.slice(at))) {
      // Express reads it anew each time that it is asked for.
      const query = Object.fromEntries(Object.entries(request.query).filter(([name]) => !name.includes('[')));
      Object.defineProperty(request, 'query', { value: query, writable: true, configurable: true, enumerable: true });
    }
    find(request, response, next);
  };
}

/**
 * What the validator finds for a request, it finds with a pattern that it compiles anew each time. At a path without
 * parameters there is one thing to find: the first request finds it for all.
 */
function remembering(find: RequestHandler): RequestHandler {
  let found: object | undefined;
  return (request, response, next) => {
    if (found === undefined) {
      const told = (reason?: unknown): void => {
        // Express does not know the member that the validator adds.
        if (reason === undefined) found = (request as { openapi?: object }).openapi;
        next(reason);
      };
      find(request, response, told);
      return;
    }
    // Each request has its own, as before: the validator may write to it.
    Object.assign(request, { openapi: { ...found, pathParams: {} }, params: {} });
    next();
  };
}

let hasWarned = false;

/**
 * The validator calls `url.parse` for every request. Node warns of that function once, though never when a package calls
 * it, and until it has warned it looks through the stack for who calls: some twentieth part of a refresh. So it is made
 * to have warned, silently. Nothing of ours calls it, and lint sees to that.
 */
function warnOfParse(): void {
  if (hasWarned) return;
  hasWarned = true;
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- called for its warning alone
    parse('/');
  } finally {
    process.noDeprecation = before ?? false;
  }
}

/** The document with one operation and the components that it refers to, straight or through others. */
function excerpt(document: JsonObject, path: string, method: string): JsonObject {
  const { parameters, [method]: operation } = objectIn(objectIn(document, 'paths'), path);
  const paths = { [path]: { ...(parameters && { parameters }), ...(operation && { [method]: operation }) } };
  const all = objectIn(document, 'components');
  const components = { ...componentsOf(all, paths), securitySchemes: objectIn(all, 'securitySchemes') };
  return { ...document, paths, components };
}

/** Those of all components that are referred to, straight or through others. */
function componentsOf(all: JsonObject, referring: Json): Record<string, JsonObject> {
  const components: Record<string, JsonObject> = {};
  const follow = (value: Json): void => {
    // A reference, or a value of a discriminator's mapping.
    const reference = typeof value === 'string' ? /^#\/components\/([^/]+)\/([^/]+)/.exec(value) : null;
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(follow);
    const [, kind, name] = reference ?? [];
    if (kind === undefined || name === undefined) return;
    const ofKind = (components[kind] ??= {});
    const target = objectIn(all, kind)[name];
    if (name in ofKind || target === undefined) return;
    ofKind[name] = target;
    follow(target);
  };
  follow(referring);
  return components;
}

function objectIn(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  return isObject(value) ? value : {};
}

/** The validator's type of a document is not ours. */
function apiDocument(document: JsonObject): ApiDocument {
  // Whether it is one was asked before (structure-check.ts).
  return document as unknown as ApiDocument;
}
