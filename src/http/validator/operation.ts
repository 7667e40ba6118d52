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
import { RefractError } from '../../errors.ts';
import type { ContractDocument, DocumentedOperation } from '../documents.ts';
import { excerpt, objectIn } from '../documents/excerpt.ts';
import type { JsonObject } from '../documents/source.ts';
import { ofStatuses, type FoundRequest, type OfStatus } from './replies.ts';

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

/** @throws RefractError `document` where the document refers to what is no component: the validator follows no other */
export function checkReferences({ document, file }: ContractDocument): void {
  const [, strayed] = /"\$ref":"((?!#\/components\/)[^"]*)"/.exec(JSON.stringify(document)) ?? [];
  if (strayed !== undefined) {
    throw new RefractError('document', `${file}: ${strayed} refers to no component; move there what it refers to.`);
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
  const partsNow = (): Parts => (parts ??= partsOf(validator, spec, !path.includes('{'), document));
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
  document: JsonObject,
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
      validators ??= ofStatuses(reply, found, apiDocRes, document);
      // Its type wants an object; what is none it finds wrong like anything else.
      reply._validate({ validators, body: body as object, statusCode, path: answered.originalUrl, accepts: [] });
    },
  };
}

/** Without the schema of schemas, which is for those who let schemas be checked against it. Ours were checked before. */
function lean<Options extends object>(options: Options): Options {
  return { ...options, meta: false };
}

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

/** The validator's type of a document is not ours. */
function apiDocument(document: JsonObject): ApiDocument {
  // Whether it is one was asked before (structure.ts).
  return document as unknown as ApiDocument;
}
