// What each refresh came to, in one word of a closed set: what the engine told of it, joined with how it was answered.
import type { RefusalKind } from '../engine/outcome.ts';
import type { EngineEvent } from '../engine/ports.ts';
import type { HttpEvent } from '../http/types.ts';

/** The kinds of yes and no of the design, and `unread` for a body that could not be read. */
export const kinds = [
  'granted',
  'refused',
  'violation',
  'no_credential',
  'throttled',
  'unavailable',
  'unread',
  'fault',
] as const;

export type OutcomeKind = (typeof kinds)[number];

export interface RefreshOutcome {
  readonly kind: OutcomeKind;
  /** By which way it was granted, for what it was refused, what was throttled; empty where the kind says it all. */
  readonly reason: string;
}

type Reason = 'rotation' | 'repeat' | 'renewal' | RefusalKind;

const byReason: Readonly<Record<Reason, RefreshOutcome>> = {
  rotation: { kind: 'granted', reason: 'rotation' },
  repeat: { kind: 'granted', reason: 'repeat' },
  renewal: { kind: 'granted', reason: 'renewal' },
  invalid_token: { kind: 'refused', reason: 'invalid_token' },
  unprocessable_token: { kind: 'refused', reason: 'unprocessable_token' },
  unknown_session: { kind: 'refused', reason: 'unknown_session' },
  revoked_session: { kind: 'refused', reason: 'revoked_session' },
  expired_session: { kind: 'refused', reason: 'expired_session' },
  reused_token: { kind: 'refused', reason: 'reused_token' },
  missing_subject: { kind: 'refused', reason: 'missing_subject' },
  disabled_subject: { kind: 'refused', reason: 'disabled_subject' },
  stale_subject: { kind: 'refused', reason: 'stale_subject' },
};

const unavailable: RefreshOutcome = { kind: 'unavailable', reason: '' };
const sessionThrottled: RefreshOutcome = { kind: 'throttled', reason: 'session' };

const byAnswer = {
  violation: { kind: 'violation', reason: '' },
  noCredential: { kind: 'no_credential', reason: '' },
  throttled: { kind: 'throttled', reason: 'address' },
  unread: { kind: 'unread', reason: '' },
  fault: { kind: 'fault', reason: '' },
} as const satisfies Readonly<Record<Exclude<HttpEvent['type'], 'answered'>, RefreshOutcome>>;

/** Every outcome there is; `joinOutcomes` tells of these values and no others. */
export const outcomes: readonly RefreshOutcome[] = [
  ...Object.values(byReason),
  unavailable,
  sessionThrottled,
  ...Object.values(byAnswer),
];

export interface OutcomeJoint {
  readonly onEngineEvent: (event: EngineEvent) => void;
  /** @param event what the listener of the contracts tells */
  readonly onHttpEvent: (event: HttpEvent) => void;
}

/** @param tell called once for each request of a contract, when it was answered; `seconds` is how long that took */
export function joinOutcomes(tell: (contract: string, outcome: RefreshOutcome, seconds: number) => void): OutcomeJoint {
  /** Decided by the engine, and not answered yet. */
  const decided = new Map<string, RefreshOutcome>();
  return {
    onEngineEvent: (event) => {
      switch (event.type) {
        case 'refreshed':
          decided.set(event.requestId, byReason[event.by]);
          return;
        case 'refused':
          decided.set(event.requestId, byReason[event.refusal]);
          return;
        case 'unavailable':
          decided.set(event.requestId, unavailable);
          return;
        case 'session_throttled':
          decided.set(event.requestId, sessionThrottled);
          return;
        case 'issued':
        case 'reused':
        case 'store_behind':
          return;
      }
    },
    onHttpEvent: ({ type, contract, requestId, seconds }) => {
      const decision = decided.get(requestId);
      decided.delete(requestId);
      // A reply that broke its document is a fault, whatever was decided.
      const outcome = type === 'answered' ? decision : byAnswer[type];
      if (outcome !== undefined) tell(contract, outcome, seconds);
    },
  };
}
