// What operators do, for the admin contract and the command line alike. Every change is recorded in the audit trail.
import { RefractError } from '../errors.ts';
import type { Issued } from '../engine/engine.ts';
import type { AuditEvent, AuditStore, SessionStore, SubjectStore } from './ports.ts';
import type { Session, StoredState, Subject, SubjectDetails } from '../engine/session.ts';
import { checkLabel, checkSubject } from './subject-details.ts';
import type { KeyLifecycle, KeySetDescription } from '../signer/key-lifecycle.ts';

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
  readonly keys: () => Promise<KeyLifecycle>;
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
}

/** Each function throws RefractError (`not_found`, `conflict` or `invalid`) where it refuses the operation. */
export function createAdministration(parts: AdministrationParts) {
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
    putSubject: async (id: string, details: SubjectDetails, asking: Asking): Promise<Subject> => {
      checkSubject(id, details);
      const subject = await store.putSubject(id, details);
      await record({ type: 'subject_put', subjectId: id, ...asking });
      return subject;
    },
    /** Also a deleted subject, as long as its tombstone stands. */
    readSubject,
    changeSubject: async (id: string, change: SubjectChange, asking: Asking): Promise<Subject> => {
      const { method, type } = changes[change];
      if (!(await store[method](id))) throw notFound(`There is no subject ${id}.`);
      await record({ type, subjectId: id, ...asking });
      return readSubject(id);
    },
    issue: async (contract: string, subjectId: string, label: string | undefined, asking: Asking) => {
      known(contract);
      if (label !== undefined) checkLabel(label);
      const issued = await parts.issue(contract, subjectId, label);
      if (issued.kind === 'refused') {
        if (issued.refusal === 'missing_subject') throw notFound(`There is no subject ${subjectId}.`);
        throw new RefractError('conflict', `The subject ${subjectId} is disabled.`);
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
    addKeySet: async (contract: string, given: GivenKeys, asking: Asking): Promise<KeySetDescription> => {
      const { access, refresh, legacyRefresh } = given;
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
    rotateKeySet: async (contract: string, atOnce: boolean, asking: Asking): Promise<KeySetDescription> => {
      known(contract);
      const promoted = await (await keys()).rotate(contract, atOnce);
      await record({ type: 'key_set_promoted', contract, reason: promoted.id, ...asking });
      return promoted;
    },
    removeKeySet: async (id: string, contract: string | undefined, force: boolean, asking: Asking): Promise<void> => {
      const of = await (await keys()).remove(id, contract, (name) => known(name).accessLifetime, force);
      const reason = `${id}${force ? ', forced' : ''}`;
      await record({ type: 'key_set_removed', contract: of, reason, ...asking });
    },
    /** @returns how many active sessions were revoked */
    compromiseKeySets: async (contract: string, asking: Asking): Promise<number> => {
      known(contract);
      const ended = await (await keys()).compromise(contract);
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
