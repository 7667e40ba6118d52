// The operators' operations, shared by the admin contract and the command line. Every change writes an audit event.
import { RefractError } from '../errors.ts';
import type { Issued } from '../engine/engine.ts';
import type { Session, StoredState, Subject, SubjectDetails } from '../engine/session.ts';
import type { AuditEvent, AuditStore, SessionStore, SubjectStore } from './ports.ts';
import { checkLabel, checkSubject } from './subject-details.ts';
import type { KeyLifecycle, KeySetDescription } from '../signer/key-lifecycle.ts';

/** The caller of an operation, as the audit trail names it. */
export interface Caller extends Partial<Pick<AuditEvent, 'requestId' | 'address' | 'userAgent'>> {
  readonly actor: string;
}

export type Administration = ReturnType<typeof createAdministration>;

export type SubjectChange = keyof typeof subjectChanges;

/** Keys in one of the formats that `KeyLife.import` reads. */
interface ImportedKeys {
  readonly access?: string | undefined;
  readonly refresh?: string | undefined;
  /** Another server's refresh key, imported alone: it verifies imported tokens and signs nothing. */
  readonly legacyRefresh?: string | undefined;
}

export interface AdministrationParts {
  readonly store: SessionStore &
    SubjectStore &
    Pick<AuditStore, 'readAudit'> & { readonly read: (id: string) => Promise<StoredState> };
  readonly contracts: ReadonlyMap<string, { readonly accessLifetime: number }>;
  readonly issue: (contract: string, subjectId: string, label?: string) => Promise<Issued>;
  /** Opened on demand, so that a revocation needs no master secret. */
  readonly keys: () => Promise<KeyLifecycle>;
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
}

/** Each function throws RefractError `not_found`, `conflict` or `invalid` when it refuses the operation. */
export function createAdministration(parts: AdministrationParts) {
  const { store, contracts, keys, record } = parts;
  const findContract = (contract: string): { readonly accessLifetime: number } => {
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
    putSubject: async (id: string, details: SubjectDetails, caller: Caller): Promise<Subject> => {
      checkSubject(id, details);
      const subject = await store.putSubject(id, details);
      await record({ type: 'subject_put', subjectId: id, ...caller });
      return subject;
    },
    /** Returns a deleted subject too, as long as its tombstone exists. */
    readSubject,
    changeSubject: async (id: string, change: SubjectChange, caller: Caller): Promise<Subject> => {
      const { method, type } = subjectChanges[change];
      if (!(await store[method](id))) throw notFound(`There is no subject ${id}.`);
      await record({ type, subjectId: id, ...caller });
      return readSubject(id);
    },
    issue: async (contract: string, subjectId: string, label: string | undefined, caller: Caller) => {
      findContract(contract);
      if (label !== undefined) checkLabel(label);
      const issued = await parts.issue(contract, subjectId, label);
      if (issued.kind === 'refused') {
        if (issued.refusal === 'missing_subject') throw notFound(`There is no subject ${subjectId}.`);
        throw new RefractError('conflict', `The subject ${subjectId} is disabled.`);
      }
      await record({ type: 'issued', contract, subjectId, sessionId: issued.session.id, ...caller });
      return issued;
    },
    listSessions: store.listSessions,
    readSession,
    revokeSession: async (id: string, caller: Caller): Promise<Session & { readonly wasActive: boolean }> => {
      const wasActive = await store.revoke(id, 'requested');
      const session = await readSession(id);
      const { contract, subjectId } = session;
      if (wasActive) {
        await record({ type: 'revoked', reason: 'requested', contract, subjectId, sessionId: id, ...caller });
      }
      return { ...session, wasActive };
    },
    /** @returns the number of active sessions that were revoked */
    revokeSessions: async (filter: { subjectId: string } | { contract: string }, caller: Caller): Promise<number> => {
      if ('contract' in filter) findContract(filter.contract);
      else await readSubject(filter.subjectId);
      const count = await store.revokeAll(filter, 'requested');
      await record({ type: 'revoked', reason: `requested, ${String(count)} sessions`, ...filter, ...caller });
      return count;
    },
    listKeySets: async (): Promise<readonly KeySetDescription[]> => (await keys()).list(),
    /** Publishes a key set ahead of its use. Keys that are not imported are generated. */
    addKeySet: async (contract: string, imported: ImportedKeys, caller: Caller): Promise<KeySetDescription> => {
      const { access, refresh, legacyRefresh } = imported;
      findContract(contract);
      if (legacyRefresh !== undefined && (access !== undefined || refresh !== undefined)) {
        throw new RefractError('invalid', 'Import a legacy refresh key alone, without an access or refresh key.');
      }
      if (access === undefined && refresh !== undefined) {
        throw new RefractError('invalid', 'Import a refresh key only together with an access key.');
      }
      const life = await keys();
      const add = async (): Promise<readonly [added: KeySetDescription, how: string]> => {
        if (legacyRefresh !== undefined) return [await life.importLegacy(contract, legacyRefresh), ', legacy'];
        if (access !== undefined) return [await life.import(contract, { access, refresh }), ', brought along'];
        return [await life.publish(contract), ''];
      };
      const [added, how] = await add();
      await record({ type: 'key_set_added', contract, reason: `${added.id}${how}`, ...caller });
      return added;
    },
    rotateKeySet: async (contract: string, atOnce: boolean, caller: Caller): Promise<KeySetDescription> => {
      findContract(contract);
      const promoted = await (await keys()).rotate(contract, atOnce);
      await record({ type: 'key_set_promoted', contract, reason: promoted.id, ...caller });
      return promoted;
    },
    removeKeySet: async (id: string, contract: string | undefined, force: boolean, caller: Caller): Promise<void> => {
      const lifetimeOf = (name: string): number => findContract(name).accessLifetime;
      const owner = await (await keys()).remove(id, contract, lifetimeOf, force);
      await record({ type: 'key_set_removed', contract: owner, reason: `${id}${force ? ', forced' : ''}`, ...caller });
    },
    /** @returns the number of active sessions that were revoked */
    compromiseKeySets: async (contract: string, caller: Caller): Promise<number> => {
      findContract(contract);
      const count = await (await keys()).compromise(contract);
      await record({ type: 'key_sets_compromised', contract, reason: `${String(count)} sessions`, ...caller });
      return count;
    },
    readAudit: store.readAudit,
    count: store.count,
  };
}

const subjectChanges = {
  disable: { method: 'disableSubject', type: 'subject_disabled' },
  enable: { method: 'enableSubject', type: 'subject_enabled' },
  delete: { method: 'deleteSubject', type: 'subject_deleted' },
  'credentials-changed': { method: 'changeCredentials', type: 'credentials_changed' },
} as const;

function notFound(message: string): RefractError {
  return new RefractError('not_found', message);
}
