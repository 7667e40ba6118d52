// The baseline of the measurements: responds to every refresh of a contract with the same tokens, and verifies, decides and
// stores nothing. Arguments: the kind of echo, the contract and the response body. Prints its origin.
import express, { type Express, type RequestHandler } from 'express';
import { createServer, type RequestListener } from 'node:http';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { fullPath } from '../../src/http/example-call.ts';
import { listen } from '../../src/http/listening.ts';
import { createBodyParsers, normalizeHeaders } from '../../src/http/body.ts';
import { operationValidator } from '../../src/http/validator/operation.ts';

/** The kinds of echo: Node alone, Express, Express with the validator. */
export type EchoName = 'http' | 'express' | 'validated';

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
    const { operation, path } = operationOf(contract);
    return createApp().all(path, ...createBodyParsers(operation), respondWith(reply));
  },
  validated: (contract, reply) => {
    const { document, operation, path } = operationOf(contract);
    const { steps, checkReply } = operationValidator(document, operation, path);
    const checking: RequestHandler = (request, _response, next) => {
      checkReply(request, 200, reply);
      next();
    };
    const before = [...createBodyParsers(operation), normalizeHeaders(operation)];
    return createApp().all(path, ...before, ...steps, checking, respondWith(reply));
  },
};

/** Creates an Express app with the settings of our listener. */
function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  return app;
}

function respondWith(reply: unknown): RequestHandler {
  return (_request, response) => {
    response.status(200).set('Cache-Control', 'no-store').json(reply);
  };
}

function operationOf(contract: string) {
  const document = loadDocument(`${openapiFolder}/${contract}.yaml`);
  const [operation] = document.operations;
  if (operation === undefined) throw new Error(`${contract} has no operation`);
  return { document, operation, path: fullPath(document, operation.path) };
}

if (import.meta.main) {
  const [name = '', contract = '', reply = ''] = process.argv.slice(2);
  // Passed by `echoTargets`.
  const server = createServer(makers[name as EchoName](contract, JSON.parse(reply)));
  console.log(await listen(server, 0, '127.0.0.1'));
}
