// The validator of one operation, made of private parts of express-openapi-validator. Its public middleware compiles the
// schema of OpenAPI for every document and the whole document for every status, which takes most of a start.
// test/http/validator-differential.test.ts compares both.
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
import { replyValidators, type RequestWithOperation, type StatusValidator } from './replies.ts';

type Spec = ConstructorParameters<typeof OpenApiContext>[0];
type ApiDocument = Spec['apiDoc'];

/** Distinguishes the validators of one process: the package marks each request with it. */
let lastSerial = 0;

/** By document, then by method and route. */
const validators = new WeakMap<JsonObject, Map<string, OperationValidator>>();

export interface OperationValidator {
  /** The steps that validate a request. They leave their results on it, for `checkReply`. */
  readonly steps: readonly RequestHandler[];
  /**
   * Validates a JSON reply to a request that passed the steps.
   * @throws the package's error for an invalid reply
   */
  readonly checkReply: (request: Request, status: number, body: unknown) => void;
}

/**
 * Returns the validator of an operation. It is cached as long as its document, also for later mounts.
 * @param route the operation's path in the form of Express
 */
export function operationValidator(
  document: ContractDocument,
  operation: DocumentedOperation,
  route: string,
): OperationValidator {
  const byRoute = validators.get(document.document) ?? new Map<string, OperationValidator>();
  validators.set(document.document, byRoute);
  const key = `${operation.method} ${route}`;
  const validator = byRoute.get(key) ?? createValidator(document, operation, route);
  byRoute.set(key, validator);
  return validator;
}

/** Refuses references to anything but components, since the validator resolves no others. @throws RefractError `document` */
export function checkReferences({ document, file }: ContractDocument): void {
  const [, reference] = /"\$ref":"((?!#\/components\/)[^"]*)"/.exec(JSON.stringify(document)) ?? [];
  if (reference !== undefined) {
    throw new RefractError('document', `${file}: ${reference} refers to no component; move its target there.`);
  }
}

function createValidator(
  { document, basePath }: ContractDocument,
  { method, path }: DocumentedOperation,
  route: string,
): OperationValidator {
  // A copy, because the package changes the document.
  const apiSpec = apiDocument(structuredClone({ ...excerpt(document, path, method), servers: [{ url: basePath }] }));
  silenceParseWarning();
  const validator = new OpenApiValidator({
    apiSpec,
    validateRequests: { coerceTypes: false, allErrors: true, allowUnknownQueryParameters: true },
    validateResponses: true,
    // No operation has uploads; the package would look for them in every request.
    fileUploader: false,
  });
  const base = basePath.replace(/\/$/, '');
  lastSerial += 1;
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
    serial: lastSerial,
  };
  let parts: ValidatorParts | undefined;
  // Created by the first request, which is the one of the warm-up: it finds a document that the package cannot process.
  const currentParts = (): ValidatorParts => (parts ??= createParts(validator, spec, !path.includes('{'), document));
  const step = (name: 'findOperation' | 'authenticate' | 'validateRequest'): RequestHandler => {
    return (request, response, next) => currentParts()[name](request, response, next);
  };
  const { security: required = document['security'] } = objectIn(objectIn(objectIn(document, 'paths'), path), method);
  const isSecured = Array.isArray(required) && required.length > 0;
  return {
    steps: [step('findOperation'), ...(isSecured ? [step('authenticate')] : []), step('validateRequest')],
    checkReply: (request, status, body) => {
      currentParts().checkReply(request, status, body);
    },
  };
}

interface ValidatorParts extends Pick<OperationValidator, 'checkReply'> {
  readonly findOperation: RequestHandler;
  readonly authenticate: RequestHandler;
  readonly validateRequest: RequestHandler;
}

/**
 * Creates the package's parts. Its own chain awaits the document before each of them, and parses the media type of a
 * reply three times to find its schema; our documents have one media type for each status.
 */
function createParts(
  { options, ajvOpts }: OpenApiValidator,
  spec: Spec,
  hasFixedPath: boolean,
  document: JsonObject,
): ValidatorParts {
  const { apiDoc, serial } = spec;
  const responseOptions = options.validateResponses === false ? {} : options.validateResponses;
  const { apiDocRes } = new SchemaPreprocessor(apiDoc, withoutMeta(ajvOpts.preprocessor), responseOptions).preProcess();
  const context = new OpenApiContext(spec, () => false);
  // The package's own default, which its type lacks: a credential must be present, and is not verified here.
  const handlers = undefined as unknown as Parameters<typeof security>[1];
  const findOperation = applyOpenApiMetadata(context, apiDocRes);
  const request = new RequestValidator(apiDoc, withoutMeta(ajvOpts.request));
  const response = new ResponseValidator(apiDocRes, withoutMeta(ajvOpts.response), responseOptions, serial);
  let statusValidators: Readonly<Record<string, StatusValidator>> | undefined;
  return {
    findOperation: hideBracketNames(hasFixedPath ? rememberOperation(findOperation) : findOperation, apiDoc),
    authenticate: security(apiDoc, handlers),
    validateRequest: (...input) => request.validate(...input),
    checkReply: (answered, statusCode, body) => {
      // Express does not know the member that `findOperation` has added.
      const withOperation = answered as RequestWithOperation;
      statusValidators ??= replyValidators(response, withOperation, apiDocRes, document);
      response._validate({
        validators: statusValidators,
        // The package's type wants an object; it reports any other value as a violation.
        body: body as object,
        statusCode,
        path: answered.originalUrl,
        accepts: [],
      });
    },
  };
}

/** Leaves out the schema of schemas: documents were checked before (structure.ts). */
function withoutMeta<Options extends object>(options: Options): Options {
  return { ...options, meta: false };
}

/**
 * Hides query parameters such as `name[]` and `name[x]` from the validator, which takes them for `name`; to a document
 * they are other, unknown parameters. Documents with `deepObject` parameters have such names.
 */
function hideBracketNames(findOperation: RequestHandler, apiDoc: ApiDocument): RequestHandler {
  if (JSON.stringify(apiDoc).includes('"deepObject"')) return findOperation;
  return (request, response, next) => {
    const { url } = request;
    const queryStart = url.indexOf('?');
    if (queryStart >= 0 && /\[|%5b/i.test(url.slice(queryStart))) {
      // Express has a getter that parses the query again for each read.
      const query = Object.fromEntries(Object.entries(request.query).filter(([name]) => !name.includes('[')));
      Object.defineProperty(request, 'query', { value: query, writable: true, configurable: true, enumerable: true });
    }
    findOperation(request, response, next);
  };
}

/** Reuses the result of the first request at a path without parameters: the package compiles a pattern for each request. */
function rememberOperation(findOperation: RequestHandler): RequestHandler {
  let known: object | undefined;
  return (request, response, next) => {
    if (known === undefined) {
      findOperation(request, response, (reason?: unknown) => {
        // Express does not know the member that the package adds.
        if (reason === undefined) known = (request as { openapi?: object }).openapi;
        next(reason);
      });
      return;
    }
    // A copy for each request, because the package may write to it.
    Object.assign(request, { openapi: { ...known, pathParams: {} }, params: {} });
    next();
  };
}

let isSilenced = false;

/**
 * Makes Node's deprecation warning of `url.parse` happen once, silently. The package calls `url.parse` for every request,
 * and until the warning Node searches the stack for the caller (5 % of a refresh). ESLint forbids our own calls.
 */
function silenceParseWarning(): void {
  if (isSilenced) return;
  isSilenced = true;
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- called for its warning alone
    parse('/');
  } finally {
    process.noDeprecation = before ?? false;
  }
}

function apiDocument(document: JsonObject): ApiDocument {
  // The package's type; checkStructure has validated the document.
  return document as unknown as ApiDocument;
}
