// Refreshes on their way to the engine's thread and back. All that come in one turn of the event loop go together.
import type { Outcome } from '../../engine/outcome.ts';
import { Unavailable } from '../../engine/unavailable.ts';
import { createSlots } from '../../http/slots.ts';
import { arrived, type Batch, type Presented } from './wire.ts';

export interface Refreshes {
  /** @throws Unavailable once nothing comes back any more */
  readonly refresh: (contract: string, token: string, requestId: string) => Promise<Outcome>;
  /** What came of them. */
  readonly settle: (outcomes: Batch['outcomes']) => void;
  /** Nothing comes any more. @param why in a sentence, for those that wait and those that come */
  readonly end: (why: string) => void;
}

/** @param post sends a text of `Presented` to the thread */
export function createRefreshes(post: (text: string) => void): Refreshes {
  const waiting = createSlots<{ resolve: (outcome: Outcome) => void; reject: (reason: Error) => void }>();
  let presented: Presented[] = [];
  let ended: string | undefined;
  return {
    refresh: (contract, token, requestId) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) throw new Unavailable(ended);
        if (presented.length === 0) {
          setImmediate(() => {
            post(JSON.stringify(presented));
            presented = [];
          });
        }
        presented.push([waiting.put({ resolve, reject }), contract, token, requestId]);
      }),
    settle: (outcomes) => {
      for (const [id, outcome] of outcomes) {
        if (outcome.kind === 'thrown') waiting.take(id)?.reject(arrived(outcome.reason));
        else waiting.take(id)?.resolve(outcome);
      }
    },
    end: (why) => {
      ended ??= why;
      for (const { reject } of waiting.all()) reject(new Unavailable(ended));
    },
  };
}
