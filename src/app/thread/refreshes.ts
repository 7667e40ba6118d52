// Refreshes on their way to the engine's thread and back: in pieces of those that come in one turn of the event loop.
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import { createSlots } from '../../http/slots.ts';
import { createTurn } from './turn.ts';
import { deserializeError } from '../../errors.ts';
import type { Batch, Presented } from './protocol.ts';

export interface Refreshes {
  /** As an engine's own: resolves for everything but a fault. */
  readonly refresh: (contract: string, token: string, requestId: string) => Promise<Outcome>;
  /** What came of them. */
  readonly settle: (outcomes: Batch['outcomes']) => void;
  /** Nothing comes any more: for those that wait and those that come the engine is unavailable. @param why in a sentence */
  readonly end: (why: string) => void;
  /** Resolves once none is under way. */
  readonly settled: () => Promise<void>;
}

/**
 * What part of all that this thread has under way by now is enough for a piece: the engine decides about it while the next
 * one is read and the one before is answered. Of few, a commit for each one or two would cost more than waiting does.
 */
const pieceOfAll = 1 / 3;
const smallestPiece = 4;

/** @param post sends a text of `Presented` to the thread @param emit told of those that it never answers */
export function createRefreshes(post: (text: string) => void, emit: (event: EngineEvent) => void): Refreshes {
  const waiting = createSlots<Waiting>();
  const presented = createTurn<Presented>(
    (piece) => {
      post(JSON.stringify(piece));
    },
    (count) => count >= Math.max(smallestPiece, waiting.count() * pieceOfAll),
  );
  const onSettled: (() => void)[] = [];
  let ended: string | undefined;
  const tellSettled = (): void => {
    if (onSettled.length === 0 || (ended === undefined && waiting.count() > 0)) return;
    for (const tell of onSettled.splice(0)) tell();
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
        presented.push([waiting.put({ resolve, reject, contract, requestId }), contract, token, requestId]);
      }),
    settle: (outcomes) => {
      for (const [id, outcome] of outcomes) {
        if (outcome.kind === 'thrown') waiting.take(id)?.reject(deserializeError(outcome.reason));
        else waiting.take(id)?.resolve(outcome);
      }
      tellSettled();
    },
    end: (why) => {
      if (ended !== undefined) return;
      ended = why;
      for (const { resolve, contract, requestId } of waiting.all()) resolve(unavailable(contract, requestId, why));
      tellSettled();
    },
    settled: () =>
      new Promise((resolve) => {
        onSettled.push(resolve);
        tellSettled();
      }),
  };
}

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (reason: Error) => void;
  readonly contract: string;
  readonly requestId: string;
}
