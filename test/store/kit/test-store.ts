// A store with one subject, with which every test of the kit begins.
import { randomUUID } from 'node:crypto';
import type { SessionDraft } from '../../../src/engine/ports.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Session, SubjectDetails } from '../../../src/engine/session.ts';

/** An empty store. */
export interface OpenedStore {
  readonly store: Store;
  /** The same data through another connection, as another process reads it. */
  readonly other: Store;
  /** Sets the clock of both, in seconds. */
  readonly setClock: (second: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A store with the clock at `start` and the subject `bob` with `details`. */
export interface Opened extends OpenedStore {
  /** Issues a session of `bob`. */
  readonly issue: (draft?: Partial<SessionDraft>) => Promise<Session>;
  /** The session as another process sees it. */
  readonly stored: (session: Session) => Promise<Session | undefined>;
}

export type Open = () => Promise<Opened>;

export const start = 1_700_000_000;
export const details: SubjectDetails = { email: 'bob@mail.com', account: 'bob@admin', role: 'ROLE_ADMIN' };

export function draftOf(draft: Partial<SessionDraft> = {}): SessionDraft {
  return {
    id: randomUUID(),
    contract: 'fib',
    policy: 'single-use',
    subjectId: 'bob',
    keyId: 'first',
    lifetime: 1_000,
    label: undefined,
    ...draft,
  };
}

/** Sets the clock to `start` and adds the subject `bob`. */
export async function addSubject(fresh: OpenedStore): Promise<Opened> {
  await fresh.setClock(start);
  await fresh.store.putSubject('bob', details);
  return {
    ...fresh,
    issue: async (draft) => {
      const result = await fresh.store.issue(draftOf(draft));
      if (result.kind === 'refused') throw new Error(`not issued: ${result.refusal}`);
      return result.session;
    },
    stored: async ({ id }) => (await fresh.other.read(id)).session,
  };
}
