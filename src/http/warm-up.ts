// Walks every operation once before the port opens, through the validator and back, with the document's own example
// as the request and a sample as the reply: a document that the validator cannot work with stops the start, and no
// request pays for compiling it.
import type { Express } from 'express';
import { createServer, request as send } from 'node:http';
import { DocumentError, type DocumentedOperation } from './documents.ts';
import { listen } from './listening.ts';
import type { HttpFailure, Mount, WireReply } from './types.ts';

/**
 * @param appFor builds the app that is to be walked; its handlers answer samples
 * @throws DocumentError with one sentence that names the file and operation which did not answer its sample
 */
export async function warmUp(mounts: readonly Mount[], appFor: (mounts: readonly Mount[]) => Express): Promise<void> {
  // What the walk found wrong, told by the one reply that says so: a fault or a violation.
  let trouble = '';
  const app = appFor(mounts.map((mount) => answeringSamples(mount, (what) => (trouble = what))));
  const server = createServer(app);
  const origin = await listen(server, 0, '127.0.0.1');
  try {
    for (const { document } of mounts) {
      for (const operation of document.operations) {
        trouble = '';
        const status = await walk(origin, document.basePath, operation);
        if (trouble === '' && status !== 404) continue;
        throw new DocumentError(
          `${document.file}: the validator cannot serve ${operation.operationId} with the document's own example: ${trouble || 'no route'}.`,
        );
      }
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function answeringSamples(mount: Mount, tell: (trouble: string) => void): Mount {
  const operations = new Map(
    [...mount.operations].map(([operationId, operation]) => [
      operationId,
      {
        ...operation,
        handle: () => Promise.resolve({ reply: operation.sampleSuccess, failed: false }),
        failure: (kind: HttpFailure, context: Parameters<typeof operation.failure>[1]): WireReply => {
          const where = context.violations.map(({ target, problem }) => `${target} ${problem}`).join('; ');
          tell(where === '' ? kind : `${kind}: ${where}`);
          return operation.failure(kind, context);
        },
      },
    ]),
  );
  return { ...mount, operations };
}

function walk(origin: string, basePath: string, operation: DocumentedOperation): Promise<number> {
  const { method, path, request: documented, credentialHeader } = operation;
  const body = documented && bodyOf(documented.mediaType, documented.example);
  return new Promise((resolve, reject) => {
    const request = send(
      origin + (basePath === '/' ? '' : basePath) + path,
      {
        method: method.toUpperCase(),
        agent: false,
        headers: {
          ...(documented && { 'content-type': documented.mediaType }),
          ...(credentialHeader !== undefined && { [credentialHeader]: 'sample' }),
        },
      },
      (response) => {
        response.resume().on('end', () => {
          resolve(response.statusCode ?? 0);
        });
      },
    );
    request.on('error', reject).end(body);
  });
}

function bodyOf(mediaType: string, example: unknown): string {
  if (mediaType !== 'application/x-www-form-urlencoded') return JSON.stringify(example);
  const members = typeof example === 'object' && example !== null ? Object.entries(example) : [];
  return new URLSearchParams(members.map(([name, value]) => [name, String(value)])).toString();
}
