// What operators do, for the admin contract and the command line alike; whatever changes something is written down.
import { RefractError } from '../errors.ts';
import type { Issued } from '../engine/engine.ts';
import type { AuditEvent, AuditFilter, AuditStore, Counts, SessionStore, SubjectStore } from './ports.ts';
import type { Session, StoredState, Subject, SubjectDetails } from '../engine/session.ts';
import { checkLabel, checkSubject } from './subject-details.ts';
import type { KeyLife, KeySetDescription } from '../signer/key-life.ts';

/** Who asks, in which request, from where and by what, as far as there is such: for the audit trail. */
export interface Asking extends Partial<Pick<AuditEvent, 'requestId' | 'address' | 'userAgent'>> {
  readonly actor: string;
}

/** Each function throws RefractError (`not_found`, `conflict` or `invalid`) where it refuses the operation. */
export interface Administration {
  readonly putSubject: (id: string, details: SubjectDetails, asking: Asking) => Promise<Subject>;
  /** A deleted one as long as its tombstone stands. */
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
  /** @returns how many living sessions that ended */
  readonly revokeSessions: (of: { subjectId: string } | { contract: string }, asking: Asking) => Promise<number>;
  readonly listKeySets: () => Promise<readonly KeySetDescription[]>;
  /** Published ahead; generated where no key is brought along. */
  readonly addKeySet: (
    contract: string,
    keys: {
      access?: string | undefined;
      refresh?: string | undefined;
      /** Alone: another server's refresh key, which verifies what was imported and signs nothing. */
      legacyRefresh?: string | undefined;
    },
    asking: Asking,
  ) => Promise<KeySetDescription>;
  readonly rotateKeySet: (contract: string, atOnce: boolean, asking: Asking) => Promise<KeySetDescription>;
  readonly removeKeySet: (id: string, contract: string | undefined, force: boolean, asking: Asking) => Promise<void>;
  /** @returns how many living sessions that ended */
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
  /** Opened where they are needed, so that a revocation needs no master secret. */
  readonly keys: () => Promise<KeyLife>;
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
}

export function createAdministration(parts: AdministrationParts): Administration {
  const { store, contracts, keys, record } = parts;
  const known = (contract: string): { readonly accessLifetime: number } => {
    const found = contracts.get(contract);
    if (found === undefined) {
      throw notFound(`There is no contract ${contract}; there are ${[...contracts.keys()].join(', ')}.`);
    }
    return found;
  };
  const readSubject = async (id: string): Promise<Subject> => {
    const subject = await store.readSubject(id);
    if (subject === undefined) throw notFound(`There is no subject ${id}.`);
    return subject;
  };
  const readSession = async (id: string): Promise<Session> => {
    const { session } = await store.read(id);
    if (session === undefined) throw notFound(`There is no session ${id}.`);
    return session;
  };

  return {
    putSubject: async (id, details, asking) => {
      checkSubject(id, details);
      const subject = await store.putSubject(id, details);
      await record({ type: 'subject_put', subjectId: id, ...asking });
      return subject;
    },
    readSubject,
    changeSubject: async (id, change, asking) => {
      const { method, type } = changes[change];
      if (!(await store[method](id))) throw notFound(`There is no subject ${id}.`);
      await record({ type, subjectId: id, ...asking });
      return readSubject(id);
    },
    issue: async (contract, subjectId, label, asking) => {
      known(contract);
      if (label !== undefined) checkLabel(label);
      const issued = await parts.issue(contract, subjectId, label);
      if (issued.kind === 'issued') {
        await record({ type: 'issued', contract, subjectId, sessionId: issued.session.id, ...asking });
        return issued;
      }
      switch (issued.refusal) {
        case 'missing_subject':
          throw notFound(`There is no subject ${subjectId}.`);
        case 'disabled_subject':
          throw new RefractError('conflict', `The subject ${subjectId} is disabled.`);
      }
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
        throw new RefractError('invalid', 'A legacy refresh key is brought along alone.');
      }
      if (access === undefined && refresh !== undefined) {
        throw new RefractError('invalid', 'A refresh key is brought along only with an access key.');
      }
      const life = await keys();
      const add = async (): Promise<readonly [added: KeySetDescription, how: string]> => {
        if (legacyRefresh !== undefined) return [await life.importLegacy(contract, legacyRefresh), ', legacy'];
        if (access !== undefined) return [await life.import(contract, { access, refresh }), ', brought along'];
        return [await life.publish(contract), ''];
      };
      const [added, how] = await add();
      await record({ type: 'key_set_added', contract, reason: `${added.id}${how}`, ...asking });
      return added;
    },
    rotateKeySet: async (contract, atOnce, asking) => {
      known(contract);
      const life = await keys();
      const promoted = await life.rotate(contract, atOnce);
      await record({ type: 'key_set_promoted', contract, reason: promoted.id, ...asking });
      return promoted;
    },
    removeKeySet: async (id, contract, force, asking) => {
      const life = await keys();
      const of = await life.remove(id, contract, (name) => known(name).accessLifetime, force);
      const reason = `${id}${force ? ', forced' : ''}`;
      await record({ type: 'key_set_removed', contract: of, reason, ...asking });
    },
    compromiseKeySets: async (contract, asking) => {
      known(contract);
      const life = await keys();
      const ended = await life.compromise(contract);
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

function notFound(sentence: string): RefractError {
  return new RefractError('not_found', sentence);
}
