// What operators do, for the admin contract and the command line alike. Every change is recorded in the audit trail.
import type { Issued } from '../engine/engine.ts';
import type { AuditEvent, AuditFilter, AuditStore, Counts, SessionStore, SubjectStore } from './ports.ts';
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

/** Each function throws AdministrationError with one sentence where it cannot do what is asked. */
export interface Administration {
  readonly putSubject: (id: string, details: SubjectDetails, asking: Asking) => Promise<Subject>;
  /** Also a deleted subject, as long as its tombstone stands. */
  readonly readSubject: (id: string) => Promise<Subject>;
  readonly changeSubject: (id: string, change: SubjectChange, asking: Asking) => Promise<Subject>;
  readonly issue: (
    contract: string,
    subjectId: string,
    label: string | undefined,
    asking: Asking,
  ) => Promise<Extract<Issued, { kind: 'issued' }>>;
  readonly listSessions: SessionStore['listSessions'];
  readonly readSession: (id: string) => Promise<Session>;
  readonly revokeSession: (id: string, asking: Asking) => Promise<Session & { readonly wasLiving: boolean }>;
  /** @returns how many active sessions were ended */
  readonly revokeSessions: (of: { subjectId: string } | { contract: string }, asking: Asking) => Promise<number>;
  readonly listKeySets: () => Promise<readonly KeySetDescription[]>;
  /** Published ahead; keys that are not given are generated. */
  readonly addKeySet: (
    contract: string,
    keys: {
      access?: string | undefined;
      refresh?: string | undefined;
      /** Given alone: another server's refresh key, which verifies imported tokens and signs nothing. */
      legacyRefresh?: string | undefined;
    },
    asking: Asking,
  ) => Promise<KeySetDescription>;
  readonly rotateKeySet: (contract: string, atOnce: boolean, asking: Asking) => Promise<KeySetDescription>;
  readonly removeKeySet: (id: string, contract: string | undefined, force: boolean, asking: Asking) => Promise<void>;
  /** @returns how many active sessions were ended */
  readonly compromiseKeySets: (contract: string, asking: Asking) => Promise<number>;
  readonly readAudit: (
    filter: AuditFilter,
    page: Parameters<AuditStore['readAudit']>[1],
  ) => Promise<readonly AuditEvent[]>;
  readonly count: () => Promise<Counts>;
}

export type SubjectChange = 'disable' | 'enable' | 'delete' | 'credentials-changed';

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

export function createAdministration(parts: AdministrationParts): Administration {
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
    putSubject: async (id, details, asking) => {
      fitting(() => {
        checkSubject(id, details);
      });
      const subject = await store.putSubject(id, details);
      await record({ type: 'subject_put', subjectId: id, ...asking });
      return subject;
    },
    readSubject,
    changeSubject: async (id, change, asking) => {
      const { method, type } = changes[change];
      if (!(await store[method](id))) throw missing(`There is no subject ${id}.`);
      await record({ type, subjectId: id, ...asking });
      return readSubject(id);
    },
    issue: async (contract, subjectId, label, asking) => {
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
    revokeSession: async (id, asking) => {
      const wasLiving = await store.revoke(id, 'requested');
      const session = await readSession(id);
      const { contract, subjectId } = session;
      if (wasLiving) {
        await record({ type: 'revoked', reason: 'requested', contract, subjectId, sessionId: id, ...asking });
      }
      return { ...session, wasLiving };
    },
    revokeSessions: async (of, asking) => {
      if ('contract' in of) known(of.contract);
      else await readSubject(of.subjectId);
      const ended = await store.revokeAll(of, 'requested');
      await record({ type: 'revoked', reason: `requested, ${String(ended)} sessions`, ...of, ...asking });
      return ended;
    },
    listKeySets: async () => (await keys()).list(),
    addKeySet: async (contract, { access, refresh, legacyRefresh }, asking) => {
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
    rotateKeySet: async (contract, atOnce, asking) => {
      known(contract);
      const promoted = await withKeys((life) => life.rotate(contract, atOnce));
      await record({ type: 'key_set_promoted', contract, reason: promoted.id, ...asking });
      return promoted;
    },
    removeKeySet: async (id, contract, force, asking) => {
      const of = await withKeys((life) => life.remove(id, contract, (name) => known(name).accessLifetime, force));
      const reason = `${id}${force ? ', forced' : ''}`;
      await record({ type: 'key_set_removed', contract: of, reason, ...asking });
    },
    compromiseKeySets: async (contract, asking) => {
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
