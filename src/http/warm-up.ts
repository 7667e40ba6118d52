// Walks every operation once before the port opens, through the validator and back, with the document's own example
// as the request and a sample as the reply: a document that the validator cannot work with stops the start, and no
// request pays for compiling it.
import type { Express } from 'express';
import { createServer, request as send } from 'node:http';
import { RefractError } from '../errors.ts';
import type { ContractDocument, DocumentedOperation } from './documents.ts';
import { exampleCall } from './example-call.ts';
import { listen } from './listening.ts';
import type { HttpEvent, Mount, MountedOperation } from './types.ts';

export interface WarmUp {
  /** A mount as it answers samples during the walk and is itself afterwards. */
  readonly prepared: (mount: Mount) => Mount;
  /** What http tells: kept during the walk, handed on afterwards. */
  readonly observe: (event: HttpEvent) => void;
  /**
   * Walks the app that the mounts were mounted on.
   * @throws RefractError `document` that names the file and the operation which did not answer its sample
   */
  readonly walk: (app: Express) => Promise<void>;
}

/** Prepares the walk through the operations of `mounts`; until it was walked they answer samples. */
export function prepareWarmUp(mounts: readonly Mount[], observe: (event: HttpEvent) => void): WarmUp {
  let isUnderWay = true;
  const told: HttpEvent[] = [];

  const answeringSamples = (mount: Mount): Mount => ({
    ...mount,
    operations: new Map(
      [...mount.operations].map(([operationId, operation]) => {
        const sampled = Promise.resolve({ reply: operation.sampleSuccess, failed: false });
        const { authorize } = operation;
        const prepared: MountedOperation = {
          ...operation,
          ...(authorize && { authorize: (credential) => (isUnderWay ? 'the walk' : authorize(credential)) }),
          handle: (request) => (isUnderWay ? sampled : operation.handle(request)),
        };
        return [operationId, prepared];
      }),
    ),
  });

  return {
    prepared: answeringSamples,
    observe: (event) => {
      if (isUnderWay) told.push(event);
      else observe(event);
    },
    walk: async (app) => {
      if (mounts.length === 0) return;
      const server = createServer(app);
      const origin = await listen(server, 0, '127.0.0.1');
      try {
        for (const { document } of mounts) {
          for (const operation of document.operations) {
            told.length = 0;
            const status = await walk(origin, document, operation);
            const trouble = told.find(({ type }) => type !== 'answered');
            if (told.length > 0 && trouble === undefined) continue;
            // A fault brings its stack along; its first line says what is wrong.
            const why =
              trouble?.detail?.split('\n')[0] ??
              trouble?.type ??
              `it was answered with ${String(status)} outside of the contract`;
            throw new RefractError(
              'document',
              `${document.file}: the validator cannot serve ${operation.operationId} with the document's own example: ${why}.`,
            );
          }
        }
      } finally {
        isUnderWay = false;
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function walk(origin: string, document: ContractDocument, operation: DocumentedOperation): Promise<number> {
  const { method, path, headers, body } = exampleCall(document, operation);
  return new Promise((resolve, reject) => {
    const request = send(origin + path, { method, headers, agent: false }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode ?? 0);
      });
    });
    request.on('error', reject).end(body);
  });
}
