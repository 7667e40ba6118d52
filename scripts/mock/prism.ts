/**
 * Prism behind a port of its own on this machine: what answers the requests that fit. It serves a document at its base
 * path, which Prism's command line would drop.
 */
import { request as send, type IncomingHttpHeaders } from 'node:http';
import { createLogger } from '@stoplight/prism-core';
import { getHttpOperationsFromSpec } from '@stoplight/prism-http';
import { createServer } from '@stoplight/prism-http-server';
import type { ContractDocument } from '../../src/http/documents.ts';

/** Prism, once it is asked; `close` it. */
export interface Prism {
  readonly ask: (question: Question) => Promise<PrismAnswer>;
  readonly close: () => Promise<void>;
}

export interface Question {
  readonly method: string;
  /** With the base path. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface PrismAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Prism for one document, started on a free port by the first question: who asks one contract does not wait for all.
 * @param dynamic values made up from the schemas instead of the examples
 */
export function prismFor(document: ContractDocument, dynamic: boolean): Prism {
  let started: Promise<Started> | undefined;
  return {
    ask: async (question) => ask((await (started ??= start(document, dynamic))).origin, question),
    close: async () => {
      await (await started)?.close();
    },
  };
}

interface Started {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

async function start(document: ContractDocument, dynamic: boolean): Promise<Started> {
  const server = createServer(await operationsOf([document]), {
    components: { logger: createLogger('mock', { level: 'silent' }) },
    config: {
      mock: { dynamic },
      validateRequest: true,
      validateResponse: true,
      checkSecurity: true,
      errors: false,
      upstreamProxy: undefined,
      isProxy: false,
    },
    cors: false,
  });
  const origin = await server.listen(0, '127.0.0.1');
  return { origin, close: () => server.close() };
}

/** The operations of all documents, each at its full path. */
export async function operationsOf(documents: readonly ContractDocument[]): Promise<PrismOperation[]> {
  const operations = [];
  for (const { document, basePath } of documents) {
    // It puts in place of each reference what that refers to: in a copy.
    for (const operation of await getHttpOperationsFromSpec(structuredClone(document))) {
      operations.push({ ...operation, path: basePath + operation.path, servers: [] });
    }
  }
  return operations;
}

type PrismOperation = Awaited<ReturnType<typeof getHttpOperationsFromSpec>>[number];

function ask(origin: string, { method, path, headers, body }: Question): Promise<PrismAnswer> {
  return new Promise((resolve, reject) => {
    const request = send(origin + path, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
