// The validator is built from private modules of express-openapi-validator. On every document, its verdicts are
// compared with those of the package's public middleware, over generated requests and responses.
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import * as publicValidator from 'express-openapi-validator';
import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDocuments, openapiFolder, type DocumentedOperation } from '../../src/http/documents.ts';
import { exampleCall, fullPath, type ExampleCall } from '../../src/http/example-call.ts';
import { listen } from '../../src/http/listening.ts';
import { createBodyParsers } from '../../src/http/body.ts';
import { operationValidator } from '../../src/http/validator/operation.ts';
import { call, type WireCall } from '../shared/wire.ts';

/** The response of the operation, which a header contains as JSON. */
interface Given {
  readonly status: number;
  readonly body: unknown;
}
const givenHeader = 'x-given';

/** Accepted, or the status and the places of a violation. */
interface Verdict {
  readonly status: number;
  readonly places: readonly string[];
}

const reportVerdict: ErrorRequestHandler = (
  thrown: { readonly status?: number; readonly errors?: readonly { readonly path: string }[] },
  _request,
  response,
  _next,
) => {
  const places = [...new Set((thrown.errors ?? []).map(({ path }) => path))].sort();
  response.writeHead(thrown.status ?? 500).end(JSON.stringify(places));
};

function givenIn(headers: Readonly<Record<string, unknown>>): Given | undefined {
  const text = headers[givenHeader];
  // Written by this test.
  return typeof text === 'string' ? (JSON.parse(decodeURIComponent(text)) as Given) : undefined;
}

describe.each(loadDocuments(openapiFolder).map((document) => [document.name, document] as const))(
  '%s',
  (_, document) => {
    const placed = document.operations.map((operation) => ({
      operation,
      route: fullPath(document, operation.path.replaceAll(/\{(\w+)\}/g, ':$1')),
    }));

    const ours = express();
    for (const { operation, route } of placed) {
      const { steps, checkReply } = operationValidator(document, operation, route);
      const respond: RequestHandler = (request, response) => {
        const given = givenIn(request.headers);
        if (given !== undefined) checkReply(request, given.status, given.body);
        response.writeHead(200).end();
      };
      ours.all(route, onlyMethod(operation), ...createBodyParsers(operation), ...steps, respond);
    }
    ours.use(reportVerdict);

    const theirs = express();
    for (const { operation, route } of placed)
      theirs.all(route, onlyMethod(operation), ...createBodyParsers(operation));
    theirs.use(
      publicValidator.middleware({
        // The package changes its argument, and its type of a document is narrower than JSON.
        apiSpec: structuredClone({ ...document.document, servers: [{ url: document.basePath }] }) as never,
        validateRequests: { coerceTypes: false, allErrors: true, allowUnknownQueryParameters: true },
        validateResponses: true,
        fileUploader: false,
      }),
    );
    for (const { operation, route } of placed) {
      theirs.all(route, onlyMethod(operation), (request, response) => {
        const given = givenIn(request.headers);
        if (given !== undefined) response.status(given.status).json(given.body);
        // The public middleware does not change valid responses and those from 500 up.
        else response.writeHead(200).end();
      });
    }
    theirs.use(reportVerdict);

    const servers: Server[] = [ours, theirs].map((app) => createServer(app));
    let origins: readonly string[] = [];
    beforeAll(async () => {
      origins = await Promise.all(servers.map((server) => listen(server, 0, '127.0.0.1')));
    });
    afterAll(() => {
      for (const server of servers) server.close();
    });

    /** Both verdicts on one request. @param given the response, which is sent if the public middleware accepts it */
    async function verdicts(wanted: WireCall, given?: Given): Promise<readonly Verdict[]> {
      const headers = { ...wanted.headers, ...(given && { [givenHeader]: encodeURIComponent(JSON.stringify(given)) }) };
      return Promise.all(
        origins.map(async (origin) => {
          const { status, body } = await call(origin, { ...wanted, headers });
          if (status < 300 || status === given?.status) return { status: 200, places: [] };
          // Written by `reportVerdict`.
          return { status, places: JSON.parse(body) as string[] };
        }),
      );
    }

    test.each(placed.map(({ operation }) => [operation.operationId, operation] as const))(
      'the validator and the public middleware give the same verdict for %s',
      async (_operationId, operation) => {
        const example = exampleCall(document, operation);
        const seen = new Set<number>();
        const isSame = async (wanted: WireCall, given?: Given): Promise<void> => {
          const [our, their] = await verdicts(wanted, given);
          expect(our).toEqual(their);
          seen.add(our?.status ?? 0);
        };
        // The admin document has four times the operations of all others together.
        const settings = { seed: 16, numRuns: document.name === 'admin' ? 6 : 15 };
        await isSame(example);
        expect(seen).toEqual(new Set([200]));
        await fc.assert(
          fc.asyncProperty(requests(operation, example), (wanted) => isSame(wanted)),
          settings,
        );
        await fc.assert(
          fc.asyncProperty(responses(operation), (given) => isSame(example, given)),
          settings,
        );
        expect(seen.has(500)).toBe(true);
      },
    );
  },
);

/** A path has one operation of each method. */
function onlyMethod({ method }: DocumentedOperation): RequestHandler {
  return (request, _response, next) => {
    if (request.method.toLowerCase() === method) next();
    else next('route');
  };
}

/** The example of the document with parts replaced, removed and added. */
function requests(operation: DocumentedOperation, example: ExampleCall): fc.Arbitrary<WireCall> {
  const { request, parameters, credentialHeader } = operation;
  const isJson = request?.mediaType.endsWith('json') === true;
  const body =
    request === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          fc.constantFrom(example.body, '', '{', '[]', '{}'),
          isJson ? mutated(request.example).map((value) => JSON.stringify(value)) : fc.string(),
        );
  const mediaType = fc.oneof(
    { weight: 4, arbitrary: fc.constant(request?.mediaType) },
    fc.constantFrom(undefined, 'text/plain', `${request?.mediaType ?? 'application/json'}; charset=utf-8`),
  );
  const credential = fc.oneof(
    { weight: 4, arbitrary: fc.constant(headerOf(example, credentialHeader)) },
    fc.constantFrom(undefined, '', 'any-token', 'Bearer any-token', 'Basic YTpi'),
  );
  // A name with brackets is a separate parameter for our validator, but not for the public middleware.
  const names = parameters
    .filter((one) => one['in'] === 'query')
    .flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  const query = fc.array(
    fc.tuple(
      fc.constantFrom(...names, 'unknown'),
      fc.oneof(fc.string(), fc.constantFrom('', '1', 'true', '-1', '1e9')),
    ),
    { maxLength: 3 },
  );
  return fc.tuple(body, mediaType, credential, query).map(([text, type, secret, pairs]) => ({
    method: example.method,
    path:
      pairs.length === 0
        ? example.path
        : `${example.path.replace(/\?.*/, '')}?${new URLSearchParams(pairs).toString()}`,
    headers: {
      ...(type !== undefined && { 'content-type': type }),
      ...(credentialHeader !== undefined && secret !== undefined && { [credentialHeader]: secret }),
    },
    body: text,
  }));
}

function headerOf({ headers }: ExampleCall, name: string | undefined): string | undefined {
  return name === undefined ? undefined : headers[name];
}

/** JSON of a documented status, equal to its example or changed; and an undocumented status. */
function responses({ responses: documented }: DocumentedOperation): fc.Arbitrary<Given> {
  const all = [...documented.values()].filter(({ status, mediaType }) => status < 500 && mediaType?.endsWith('json'));
  const examples = all.flatMap(({ status, examples }) => [...examples.values()].map((body) => ({ status, body })));
  const undocumented = fc.jsonValue().map((body) => ({ status: 418, body }));
  if (examples.length === 0) return undocumented;
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(...examples)
        .chain(({ status, body }) => mutated(body).map((value) => ({ status, body: value }))),
    },
    undocumented,
  );
}

/** A value with a part or the whole replaced or removed, or with a part added. */
function mutated(value: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(value);
  const other = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(null, '', 0, -1, 1.5, 2 ** 40, true, [], {}));
  const change = fc.oneof(
    fc.constant('keep' as const),
    fc.constant('remove' as const),
    fc.constant('add' as const),
    other.map((replacement) => ({ replacement })),
  );
  return fc.tuple(fc.constantFrom(...places), change).map(([place, made]) => changed(value, place, made));
}

type Change = 'keep' | 'remove' | 'add' | { readonly replacement: unknown };

function changed(value: unknown, [step, ...rest]: readonly string[], change: Change): unknown {
  if (change === 'keep') return value;
  if (step === undefined) {
    if (change === 'remove') return {};
    if (change !== 'add') return change.replacement;
    return typeof value === 'object' ? { ...value, added: 1 } : [value];
  }
  const members = Object.entries(value ?? {}).flatMap(([name, member]: [string, unknown]): [string, unknown][] => {
    if (name !== step) return [[name, member]];
    return rest.length === 0 && change === 'remove' ? [] : [[name, changed(member, rest, change)]];
  });
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/** The paths of the parts of a value, including the value itself. */
function placesIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    placesIn(member).map((place) => [name, ...place]),
  );
  return [[], ...below];
}
