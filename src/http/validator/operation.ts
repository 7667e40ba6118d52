// Validates requests and responses of one operation, each operation apart: contracts may share a path below different
// bases. This folder alone imports private modules of express-openapi-validator: with its public middleware a refresh
// takes about 50 µs more CPU time. test/http/validator-differential.test.ts compares the verdicts of both.
import type { Request, RequestHandler } from 'express';
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
import { validatorsByStatus, type FoundRequest, type StatusValidator } from './replies.ts';

type Spec = ConstructorParameters<typeof OpenApiContext>[0];

export interface OperationValidator {
  /** They add to a request what they found out about it. */
  readonly steps: readonly RequestHandler[];
  /** @throws express-openapi-validator's error for a JSON response that the document does not have */
  readonly checkReply: (request: Request, status: number, body: unknown) => void;
}

/** Of each document, by method and route; it is kept as long as its document, however often that is mounted. */
const known = new WeakMap<JsonObject, Map<string, OperationValidator>>();

/** express-openapi-validator keeps what it adds to a request apart by this number. */
let latestSerial = 0;

/** @param route the operation's path in the syntax of Express */
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

/** @throws RefractError `document` for a reference to anything but a component: the validator follows no other */
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
  // The validator changes the document that it is given.
  const copy = structuredClone({ ...excerpt(document, path, method), servers: [{ url: basePath }] });
  // `checkStructure` has found that it is an OpenAPI document.
  const apiSpec = copy as unknown as Spec['apiDoc'];
  const validator = new OpenApiValidator({
    apiSpec,
    validateRequests: { coerceTypes: false, allErrors: true, allowUnknownQueryParameters: true },
    validateResponses: true,
    fileUploader: false,
  });
  const base = basePath.replace(/\/$/, '');
  latestSerial += 1;
  const spec: Spec = {
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
    serial: latestSerial,
  };
  let parts: Parts | undefined;
  // Made at the first request: the warm-up reports a document that the validator cannot work with.
  const partsNow = (): Parts => (parts ??= partsOf(validator, spec, !path.includes('{'), document));
  const step =
    (name: 'find' | 'authenticate' | 'request'): RequestHandler =>
    (request, response, next) =>
      partsNow()[name](request, response, next);
  const { security: required = document['security'] } = objectIn(objectIn(objectIn(document, 'paths'), path), method);
  const isSecured = Array.isArray(required) && required.length > 0;
  return {
    steps: [step('find'), ...(isSecured ? [step('authenticate')] : []), step('request')],
    checkReply: (...input) => partsNow().checkReply(...input),
  };
}

interface Parts extends Pick<OperationValidator, 'checkReply'> {
  readonly find: RequestHandler;
  readonly authenticate: RequestHandler;
  readonly request: RequestHandler;
}

/**
 * The public middleware waits for its document before each of its parts, and looks the schemas of a response up by a media
 * type that it parses three times. Here the document is loaded, and each status has one schema.
 */
function partsOf(
  { options, ajvOpts }: OpenApiValidator,
  spec: Spec,
  hasFixedPath: boolean,
  document: JsonObject,
): Parts {
  const { apiDoc, serial } = spec;
  const ofReplies = options.validateResponses === false ? {} : options.validateResponses;
  const { apiDocRes } = new SchemaPreprocessor(apiDoc, lean(ajvOpts.preprocessor), ofReplies).preProcess();
  const context = new OpenApiContext(spec, () => false);
  // Its own default, which its type lacks: a credential has to be there, and is not judged.
  const handlers = undefined as unknown as Parameters<typeof security>[1];
  const find = applyOpenApiMetadata(context, apiDocRes);
  const request = new RequestValidator(apiDoc, lean(ajvOpts.request));
  const reply = new ResponseValidator(apiDocRes, lean(ajvOpts.response), ofReplies, serial);
  let validators: Readonly<Record<string, StatusValidator>> | undefined;
  return {
    find: withPlainNames(hasFixedPath ? remembering(find) : find, apiDoc),
    authenticate: security(apiDoc, handlers),
    request: (...input) => request.validate(...input),
    checkReply: (answered, statusCode, body) => {
      // Express does not know the member that `find` has added.
      const found = answered as FoundRequest;
      validators ??= validatorsByStatus(reply, found, apiDocRes, document);
      // Its type wants an object; it reports any other value as an error.
      reply._validate({ validators, body: body as object, statusCode, path: answered.originalUrl, accepts: [] });
    },
  };
}

/** Without the schema of schemas: `checkStructure` has checked ours. */
function lean<Options extends object>(options: Options): Options {
  return { ...options, meta: false };
}

/**
 * The validator reads `name[]` and `name[x]` of a query as `name`. To a document they are other, unknown parameters, which
 * are ignored: unless it has parameters of that style, the validator does not see them.
 */
function withPlainNames(find: RequestHandler, apiDoc: Spec['apiDoc']): RequestHandler {
  if (JSON.stringify(apiDoc).includes('"deepObject"')) return find;
  return (request, response, next) => {
    const { url } = request;
    const at = url.indexOf('?');
    if (at >= 0 && /\[|%5b/i.test(url.slice(at))) {
      // Express parses the query each time it is read.
      const query = Object.fromEntries(Object.entries(request.query).filter(([name]) => !name.includes('[')));
      Object.defineProperty(request, 'query', { value: query, writable: true, configurable: true, enumerable: true });
    }
    find(request, response, next);
  };
}

/** The validator compiles a pattern for each request. At a path without parameters every request finds the same. */
function remembering(find: RequestHandler): RequestHandler {
  let found: object | undefined;
  return (request, response, next) => {
    if (found === undefined) {
      find(request, response, (reason?: unknown) => {
        // Express does not know the member that the validator adds.
        if (reason === undefined) found = (request as { openapi?: object }).openapi;
        next(reason);
      });
      return;
    }
    // The validator may change it, so each request has its own.
    Object.assign(request, { openapi: { ...found, pathParams: {} }, params: {} });
    next();
  };
}
