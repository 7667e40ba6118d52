// Sends every operation one request before the port opens: the document's own example, with a sample as the response. A
// document that the validator cannot process stops the start, and no caller waits for the compilation of schemas.
import type { Express } from 'express';
import { createServer, request as send } from 'node:http';
import { RefractError } from '../errors.ts';
import type { ContractDocument, DocumentedOperation } from './documents.ts';
import { exampleCall } from './example-call.ts';
import { listen } from './listening.ts';
import type { HttpEvent } from './types.ts';

/** The state of a warm-up. While it runs, operations respond with samples, and their events are collected here. */
export interface WarmUp {
  isRunning: boolean;
  readonly events: HttpEvent[];
}

/** Warms up all operations, and ends the warm-up. @throws RefractError `document` that names file and operation */
export async function runWarmUp(app: Express, documents: readonly ContractDocument[], warmUp: WarmUp): Promise<void> {
  if (documents.length === 0) return;
  const server = createServer(app);
  const origin = await listen(server, 0, '127.0.0.1');
  try {
    for (const document of documents) {
      for (const operation of document.operations) {
        warmUp.events.length = 0;
        const status = await call(origin, document, operation);
        const problem = problemOf(warmUp.events, status);
        if (problem === undefined) continue;
        const { operationId } = operation;
        const message = `${document.file}: the validator cannot serve ${operationId} with the document's own example: ${problem}.`;
        throw new RefractError('document', message);
      }
    }
  } finally {
    warmUp.isRunning = false;
    server.closeAllConnections();
    server.close();
  }
}

function problemOf(events: readonly HttpEvent[], status: number): string | undefined {
  if (events.length === 0) return `the response ${String(status)} is not one of the contract`;
  const failure = events.find(({ type }) => type !== 'answered');
  // The detail of a fault is a stack; its first line is the message.
  return failure && (failure.detail?.split('\n')[0] ?? failure.type);
}

function call(origin: string, document: ContractDocument, operation: DocumentedOperation): Promise<number> {
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
