// What operators do, for the admin contract and the command line alike. Every change is recorded in the audit trail.
import type { Issued } from '../engine/engine.ts';
import type { AuditEvent, AuditStore, SessionStore, SubjectStore } from './ports.ts';
import type { Session, StoredState, Subject, SubjectDetails } from '../engine/session.ts';
import { checkLabel, checkSubject, SubjectError } from './subject-details.ts';
import { KeyError } from '../signer/key-error.ts';
import type { KeyLife, KeySetDescription } from '../signer/key-life.ts';

/** An operation cannot be done. The message is one sentence. */
export class AdministrationError extends Error {
  override readonly name = 'AdministrationError';
  readonly kind: 'missing' | 'conflict' | 'invalid';

  constructor(message: string, kind: AdministrationError['kind']) {
    super(message);
    this.kind = kind;
  }
}

/** The caller of an operation, for the audit trail. */
export interface Asking extends Partial<Pick<AuditEvent, 'requestId' | 'address' | 'userAgent'>> {
  readonly actor: string;
}

export type Administration = ReturnType<typeof createAdministration>;

export type SubjectChange = keyof typeof changes;

interface GivenKeys {
  readonly access?: string | undefined;
  readonly refresh?: string | undefined;
  /** Given alone: another server's refresh key, which verifies imported tokens and signs nothing. */
  readonly legacyRefresh?: string | undefined;
}

export interface AdministrationParts {
  readonly store: SessionStore &
    SubjectStore &
    Pick<AuditStore, 'readAudit'> & { readonly read: (id: string) => Promise<StoredState> };
  readonly contracts: ReadonlyMap<string, { readonly accessLifetime: number }>;
  readonly issue: (contract: string, subjectId: string, label?: string) => Promise<Issued>;
  /** Opened on demand, so that a revocation needs no master secret. */
  readonly keys: () => Promise<KeyLife>;
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
}

/** Each function throws AdministrationError with one sentence where it cannot do what is asked. */
export function createAdministration(parts: AdministrationParts) {
  const { store, contracts, keys, record } = parts;
  const known = (contract: string): { readonly accessLifetime: number } => {
    const found = contracts.get(contract);
    if (found === undefined) {
      throw missing(`There is no contract ${contract}; there are ${[...contracts.keys()].join(', ')}.`);
    }
    return found;
  };
  const readSubject = async (id: string): Promise<Subject> => {
    const subject = await store.readSubject(id);
    if (subject === undefined) throw missing(`There is no subject ${id}.`);
    return subject;
  };
  const readSession = async (id: string): Promise<Session> => {
    const { session } = await store.read(id);
    if (session === undefined) throw missing(`There is no session ${id}.`);
    return session;
  };

  /** What the keys refuse is refused by the operation. */
  const withKeys = async <Result>(work: (life: KeyLife) => Promise<Result>): Promise<Result> => {
    const life = await keys();
    try {
      return await work(life);
    } catch (reason) {
      if (!(reason instanceof KeyError) || reason.kind === 'unusable') throw reason;
      throw new AdministrationError(reason.message, reason.kind);
    }
  };

  return {
    putSubject: async (id: string, details: SubjectDetails, asking: Asking): Promise<Subject> => {
      fitting(() => {
        checkSubject(id, details);
      });
      const subject = await store.putSubject(id, details);
      await record({ type: 'subject_put', subjectId: id, ...asking });
      return subject;
    },
    /** Also a deleted subject, as long as its tombstone stands. */
    readSubject,
    changeSubject: async (id: string, change: SubjectChange, asking: Asking): Promise<Subject> => {
      const { method, type } = changes[change];
      if (!(await store[method](id))) throw missing(`There is no subject ${id}.`);
      await record({ type, subjectId: id, ...asking });
      return readSubject(id);
    },
    issue: async (contract: string, subjectId: string, label: string | undefined, asking: Asking) => {
      known(contract);
      fitting(() => {
        if (label !== undefined) checkLabel(label);
      });
      const issued = await parts.issue(contract, subjectId, label);
      if (issued.kind === 'refused') {
        if (issued.refusal === 'missing_subject') throw missing(`There is no subject ${subjectId}.`);
        throw new AdministrationError(`The subject ${subjectId} is disabled.`, 'conflict');
      }
      await record({ type: 'issued', contract, subjectId, sessionId: issued.session.id, ...asking });
      return issued;
    },
    listSessions: store.listSessions,
    readSession,
    revokeSession: async (id: string, asking: Asking): Promise<Session & { readonly wasLiving: boolean }> => {
      const wasLiving = await store.revoke(id, 'requested');
      const session = await readSession(id);
      const { contract, subjectId } = session;
      if (wasLiving) {
        await record({ type: 'revoked', reason: 'requested', contract, subjectId, sessionId: id, ...asking });
      }
      return { ...session, wasLiving };
    },
    /** @returns how many active sessions were revoked */
    revokeSessions: async (of: { subjectId: string } | { contract: string }, asking: Asking): Promise<number> => {
      if ('contract' in of) known(of.contract);
      else await readSubject(of.subjectId);
      const ended = await store.revokeAll(of, 'requested');
      await record({ type: 'revoked', reason: `requested, ${String(ended)} sessions`, ...of, ...asking });
      return ended;
    },
    listKeySets: async (): Promise<readonly KeySetDescription[]> => (await keys()).list(),
    /** Published ahead; keys that are not given are generated. */
    addKeySet: async (contract: string, keys: GivenKeys, asking: Asking): Promise<KeySetDescription> => {
      const { access, refresh, legacyRefresh } = keys;
      known(contract);
      if (legacyRefresh !== undefined && (access !== undefined || refresh !== undefined)) {
        throw new AdministrationError('A legacy refresh key is brought along alone.', 'invalid');
      }
      if (access === undefined && refresh !== undefined) {
        throw new AdministrationError('A refresh key is brought along only with an access key.', 'invalid');
      }
      const [added, how] = await withKeys(async (life) => {
        if (legacyRefresh !== undefined) return [await life.importLegacy(contract, legacyRefresh), ', legacy'];
        if (access !== undefined) return [await life.import(contract, { access, refresh }), ', brought along'];
        return [await life.publish(contract), ''];
      });
      await record({ type: 'key_set_added', contract, reason: `${added.id}${how}`, ...asking });
      return added;
    },
    rotateKeySet: async (contract: string, atOnce: boolean, asking: Asking): Promise<KeySetDescription> => {
      known(contract);
      const promoted = await withKeys((life) => life.rotate(contract, atOnce));
      await record({ type: 'key_set_promoted', contract, reason: promoted.id, ...asking });
      return promoted;
    },
    removeKeySet: async (id: string, contract: string | undefined, force: boolean, asking: Asking): Promise<void> => {
      const of = await withKeys((life) => life.remove(id, contract, (name) => known(name).accessLifetime, force));
      const reason = `${id}${force ? ', forced' : ''}`;
      await record({ type: 'key_set_removed', contract: of, reason, ...asking });
    },
    /** @returns how many active sessions were revoked */
    compromiseKeySets: async (contract: string, asking: Asking): Promise<number> => {
      known(contract);
      const ended = await withKeys((life) => life.compromise(contract));
      await record({ type: 'key_sets_compromised', contract, reason: `${String(ended)} sessions`, ...asking });
      return ended;
    },
    readAudit: store.readAudit,
    count: store.count,
  };
}

const changes = {
  disable: { method: 'disableSubject', type: 'subject_disabled' },
  enable: { method: 'enableSubject', type: 'subject_enabled' },
  delete: { method: 'deleteSubject', type: 'subject_deleted' },
  'credentials-changed': { method: 'changeCredentials', type: 'credentials_changed' },
} as const;

function missing(sentence: string): AdministrationError {
  return new AdministrationError(sentence, 'missing');
}

function fitting(check: () => void): void {
  try {
    check();
  } catch (reason) {
    if (reason instanceof SubjectError) throw new AdministrationError(reason.message, 'invalid');
    throw reason;
  }
}
