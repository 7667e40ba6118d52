// Refreshes on their way to the engine thread and back, in pieces of those that arrive in one turn of the event loop.
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import { deserializeError } from '../../errors.ts';
import type { Batch, Presented } from './protocol.ts';

export interface Refreshes {
  /** As an engine's own: resolves for everything but a fault. */
  readonly refresh: (contract: string, token: string, requestId: string) => Promise<Outcome>;
  readonly settle: (outcomes: Batch['outcomes']) => void;
  /** The engine is unavailable for pending and later refreshes. @param cause in a sentence */
  readonly end: (cause: string) => void;
  /** Resolves once none is pending. */
  readonly settled: () => Promise<void>;
}

interface Pending {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (reason: Error) => void;
  readonly contract: string;
  readonly requestId: string;
}

/**
 * The part of all pending refreshes that makes a piece: the engine decides about it while the next one is read and the
 * one before is answered. In small pieces, a commit for each one or two would cost more than waiting does.
 */
const pieceOfPending = 1 / 3;
const smallestPiece = 4;

/** @param post sends a JSON list of `Presented` to the thread @param emit receives the events of refreshes that it never answers */
export function createRefreshes(post: (text: string) => void, emit: (event: EngineEvent) => void): Refreshes {
  const pending = new Map<number, Pending>();
  const onSettled: (() => void)[] = [];
  let nextId = 0;
  let piece: Presented[] = [];
  let ended: string | undefined;

  const flush = (): void => {
    if (piece.length === 0) return;
    const sent = piece;
    piece = [];
    post(JSON.stringify(sent));
  };
  const take = (id: number): Pending | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };
  const reportSettled = (): void => {
    if (ended === undefined && pending.size > 0) return;
    for (const report of onSettled.splice(0)) report();
  };
  const unavailable = (contract: string, requestId: string, cause: string): Outcome => {
    emit({ type: 'unavailable', contract, requestId, cause });
    return { kind: 'unavailable' };
  };
  return {
    refresh: (contract, token, requestId) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          resolve(unavailable(contract, requestId, ended));
          return;
        }
        const id = nextId;
        nextId += 1;
        pending.set(id, { resolve, reject, contract, requestId });
        if (piece.length === 0) setImmediate(flush);
        piece.push([id, contract, token, requestId]);
        if (piece.length >= Math.max(smallestPiece, pending.size * pieceOfPending)) flush();
      }),
    settle: (outcomes) => {
      for (const [id, outcome] of outcomes) {
        if (outcome.kind === 'error') take(id)?.reject(deserializeError(outcome.error));
        else take(id)?.resolve(outcome);
      }
      reportSettled();
    },
    end: (cause) => {
      if (ended !== undefined) return;
      ended = cause;
      for (const { resolve, contract, requestId } of pending.values()) resolve(unavailable(contract, requestId, cause));
      pending.clear();
      reportSettled();
    },
    settled: () =>
      new Promise((resolve) => {
        onSettled.push(resolve);
        reportSettled();
      }),
  };
}
