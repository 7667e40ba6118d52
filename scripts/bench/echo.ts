// What Refract is measured against, each in a process of its own: answers every refresh of a contract with the same
// tokens, in one of several ways. Nothing is verified, decided or stored.
//
// Told its way and its contract by its arguments, writes its origin as the first line of its output.
import express, { type Express, type RequestHandler } from 'express';
import * as validator from 'express-openapi-validator';
import { createServer, type RequestListener } from 'node:http';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { fullPath } from '../../src/http/example-call.ts';
import { listen } from '../../src/http/listening.ts';
import { parsersOf, settleForValidator } from '../../src/http/reading.ts';
import { validatorOf } from '../../src/http/validator/operation.ts';
import { contracts } from '../../test/shared/refreshing.ts';

/** From Node alone to all contracts' validators in a chain, as their documentation would have it. */
export const echoes = ['http', 'express', 'validated', 'obvious'] as const;
export type EchoName = (typeof echoes)[number];

const makers: Readonly<Record<EchoName, (contract: string, reply: unknown) => RequestListener>> = {
  http: (_contract, reply) => (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      JSON.parse(Buffer.concat(chunks).toString() || '{}');
      const body = JSON.stringify(reply);
      response.writeHead(200, {
        'Cache-Control': 'no-store',
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  },
  express: (contract, reply) => {
    const { operation, path } = placeOf(contract);
    return lean().all(path, ...parsersOf(operation), answering(reply));
  },
  validated: (contract, reply) => {
    const { document, operation, path } = placeOf(contract);
    const { steps, checkReply } = validatorOf(document, operation, path);
    const checking: RequestHandler = (request, _response, next) => {
      checkReply(request, 200, reply);
      next();
    };
    const before = [...parsersOf(operation), settleForValidator(operation)];
    return lean().all(path, ...before, ...steps, checking, answering(reply));
  },
  obvious: (contract, reply) => {
    const { path } = placeOf(contract);
    const app = express().use(express.json());
    for (const each of contracts) {
      const apiSpec = `${openapiFolder}/${each}.yaml`;
      app.use(
        validator.middleware({ apiSpec, validateRequests: true, validateResponses: true, ignoreUndocumented: true }),
      );
    }
    return app.all(path, answering(reply));
  },
};

/** Express as our own listener has it. */
function lean(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  return app;
}

function answering(reply: unknown): RequestHandler {
  return (_request, response) => {
    response.status(200).set('Cache-Control', 'no-store').json(reply);
  };
}

function placeOf(contract: string) {
  const document = loadDocument(`${openapiFolder}/${contract}.yaml`);
  const [operation] = document.operations;
  if (operation === undefined) throw new Error(`${contract} has no operation`);
  return { document, operation, path: fullPath(document, operation.path) };
}

if (import.meta.main) {
  const [name = '', contract = '', reply = ''] = process.argv.slice(2);
  const known = echoes.find((one) => one === name);
  if (known === undefined) throw new Error(`there is no echo ${name}`);
  const server = createServer(makers[known](contract, JSON.parse(reply)));
  console.log(await listen(server, 0, '127.0.0.1'));
}
