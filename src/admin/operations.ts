// The adapter of the admin contract: pure translation between the generated types of openapi/admin.yaml and the
// administration. Every operation of the document is a record here; null stands for a missing value.
//
// A handler returns the response of a success. A refusal is thrown, which mounted.ts translates.
import { createHash } from 'node:crypto';
import { RefractError } from '../errors.ts';
import type { components } from '../../generated/admin.ts';
import type { Session, Subject } from '../engine/session.ts';
import type { KeySetDescription } from '../signer/key-lifecycle.ts';
import type { Administration } from './administration.ts';
import type { ImportSummary } from './bulk-import.ts';
import type { Import, Imports } from './imports.ts';
import type { Introspection } from './introspection.ts';
import { problemForNow, type AdminOperations } from './mounted.ts';
import type { AuditEvent } from './ports.ts';

export interface OperationParts {
  readonly administration: Administration;
  readonly imports: Imports;
  readonly introspect: (token: string) => Promise<Introspection>;
  /** The tokens of a new session, in the contract's own shape. */
  readonly shapeOf: (contract: string, issued: Awaited<ReturnType<Administration['issue']>>) => unknown;
}

export function adminOperations({ administration, imports, introspect, shapeOf }: OperationParts): AdminOperations {
  const { changeSubject } = administration;
  return {
    putSubject: async ({ parameters: { subjectId }, body: { email, account, role }, asking }) => {
      const details = { email: email ?? undefined, account: account ?? undefined, role: role ?? undefined };
      return ok(shownSubject(await administration.putSubject(subjectId, details, asking)));
    },
    getSubject: async ({ parameters: { subjectId } }) => ok(shownSubject(await administration.readSubject(subjectId))),
    deleteSubject: async ({ parameters: { subjectId }, asking }) =>
      ok(shownSubject(await changeSubject(subjectId, 'delete', asking))),
    disableSubject: async ({ parameters: { subjectId }, asking }) =>
      ok(shownSubject(await changeSubject(subjectId, 'disable', asking))),
    enableSubject: async ({ parameters: { subjectId }, asking }) =>
      ok(shownSubject(await changeSubject(subjectId, 'enable', asking))),
    credentialsChanged: async ({ parameters: { subjectId }, asking }) =>
      ok(shownSubject(await changeSubject(subjectId, 'credentials-changed', asking))),

    issueSession: async ({ body: { contract, subjectId, label }, asking }) => {
      const issued = await administration.issue(contract, subjectId, label, asking);
      return { status: 201, body: { session: shownSession(issued.session), tokens: shapeOf(contract, issued) } };
    },
    listSessions: async ({ query: { subject, contract, cursor, limit } }) => {
      const page = pageOf(`sessions ${JSON.stringify([subject, contract])}`, cursor, limit);
      const after = page.after && { createdAt: page.after.at, id: page.after.id };
      const listed = await administration.listSessions({ subjectId: subject, contract }, { after, limit: page.most });
      const { shown, next } = page.cut(listed, ({ createdAt, id }) => ({ at: createdAt, id }));
      return ok({ sessions: shown.map(shownSession), next });
    },
    getSession: async ({ parameters: { sessionId } }) => ok(shownSession(await administration.readSession(sessionId))),
    revokeSession: async ({ parameters: { sessionId }, asking }) =>
      ok(shownSession(await administration.revokeSession(sessionId, asking))),
    revokeSessions: async ({ body: { subjectId, contract }, asking }) => {
      const of = subjectId === undefined ? { contract: contract ?? '' } : { subjectId };
      return ok({ ended: await administration.revokeSessions(of, asking) });
    },
    introspect: async ({ body: { token } }) => ok(await introspect(token)),

    importRows: async ({ body, asking }) => {
      const outcome = await imports.run(body, asking);
      if (outcome.kind === 'unavailable') {
        const detail = `Of the first ${String(outcome.rows)} rows the good ones are imported; send all of them again after the number of seconds in Retry-After.`;
        return problemForNow(503, detail, 1);
      }
      const { summary, problems } = outcome;
      return ok({ ...countsOf(summary), problems: [...problems], moreProblems: summary.bad > problems.length });
    },
    // From memory: it works without the store.
    listImports: () => Promise.resolve(ok({ imports: imports.list().map(shownImport) })),

    listKeySets: async () => ok({ keySets: (await administration.listKeySets()).map(shownKeySet) }),
    addKeySet: async ({ parameters: { contract }, body: { accessKey, refreshKey, legacyRefreshKey }, asking }) => {
      const keys = {
        access: accessKey ?? undefined,
        refresh: refreshKey ?? undefined,
        legacyRefresh: legacyRefreshKey ?? undefined,
      };
      return { status: 201, body: shownKeySet(await administration.addKeySet(contract, keys, asking)) };
    },
    rotateKeySet: async ({ parameters: { contract }, body: { atOnce = false }, asking }) =>
      ok(shownKeySet(await administration.rotateKeySet(contract, atOnce, asking))),
    compromiseKeySets: async ({ parameters: { contract }, asking }) =>
      ok({ ended: await administration.compromiseKeySets(contract, asking) }),
    removeKeySet: async ({ parameters: { contract, keySetId }, query: { force }, asking }) => {
      await administration.removeKeySet(keySetId, contract, force === 'true', asking);
      return ok({ removed: true } as const);
    },

    listAuditEvents: async ({ query: { type, contract, subject, session, since, cursor, limit } }) => {
      const page = pageOf(`audit ${JSON.stringify([type, contract, subject, session, since])}`, cursor, limit);
      const filter = {
        ...(type !== undefined && { type }),
        ...(contract !== undefined && { contract }),
        ...(subject !== undefined && { subjectId: subject }),
        ...(session !== undefined && { sessionId: session }),
        ...(since !== undefined && { since: Number(since) }),
      };
      const listed = await administration.readAudit(filter, { after: page.after, limit: page.most });
      const { shown, next } = page.cut(listed, ({ at, id }) => ({ at, id }));
      return ok({ events: shown.map(shownEvent), next });
    },
    getStatistics: async () => {
      const { subjects, contracts } = await administration.count();
      return ok({ subjects, contracts: [...contracts] });
    },
  };
}

function ok<Body>(body: Body) {
  return { status: 200, body } as const;
}

type Schemas = components['schemas'];

function shownSubject({ id, email, account, role, disabledAt, deletedAt }: Subject): Schemas['Subject'] {
  return {
    id,
    email: email ?? null,
    account: account ?? null,
    role: role ?? null,
    disabledAt: disabledAt ?? null,
    deletedAt: deletedAt ?? null,
  };
}

function shownSession(session: Session): Schemas['Session'] {
  const { id, contract, subjectId, policy, generation, createdAt, rotatedAt, expiresAt } = session;
  return {
    ...{ id, contract, subjectId, policy, generation, createdAt, refreshedAt: rotatedAt, expiresAt },
    label: session.label ?? null,
    revokedAt: session.revokedAt ?? null,
    revokedReason: session.revokedReason ?? null,
  };
}

function shownKeySet({ accessKid, retiredAt, ...described }: KeySetDescription): Schemas['KeySet'] {
  return { ...described, accessKid: accessKid ?? null, retiredAt: retiredAt ?? null };
}

function shownEvent({ id, at, type, ...event }: AuditEvent): Schemas['AuditEvent'] {
  return {
    ...{ id, at, type },
    contract: event.contract ?? null,
    subjectId: event.subjectId ?? null,
    sessionId: event.sessionId ?? null,
    reason: event.reason ?? null,
    requestId: event.requestId ?? null,
    address: event.address ?? null,
    userAgent: event.userAgent ?? null,
    actor: event.actor ?? null,
  };
}

function shownImport({ requestId, actor, state, beganAt, finishedAt, summary }: Import): Schemas['Import'] {
  return {
    ...{ requestId: requestId ?? null, actor, state, beganAt, finishedAt: finishedAt ?? null },
    ...countsOf(summary),
  };
}

function countsOf({ rows, bad, subjects, sessions }: ImportSummary) {
  return { rows, refused: bad, subjects, sessions };
}

/** A place in a list that is ordered by second and id. */
interface Place {
  readonly at: number;
  readonly id: string;
}

const standardLimit = 50;

/** @param list names the list with its filters. @throws RefractError `invalid` for a cursor that is not one of this list */
function pageOf(list: string, cursor: string | undefined, limit: string | undefined) {
  const after = cursor === undefined ? undefined : placeOf(list, cursor);
  if (cursor !== undefined && after === undefined) {
    throw new RefractError('invalid', 'The cursor is not one of this list with these filters.');
  }
  const size = limit === undefined ? standardLimit : Number(limit);
  return {
    after,
    /** One more than is shown: whether there is a next page. */
    most: size + 1,
    cut: <One>(listed: readonly One[], place: (one: One) => Place) => {
      const shown = listed.slice(0, size);
      const last = shown.at(-1);
      return { shown, next: listed.length > size && last !== undefined ? cursorOf(list, place(last)) : null };
    },
  };
}

/** Where a page has ended, as an opaque text that fits one list and its filters alone. */
function cursorOf(list: string, { at, id }: Place): string {
  const text = `${String(at)}.${id}`;
  const check = createHash('sha256').update(`${list}\n${text}`).digest('base64url').slice(0, 10);
  return Buffer.from(`${check}.${text}`).toString('base64url');
}

/** @returns `undefined` for a cursor that is not one of this list: mistyped, cut short, or of another list */
function placeOf(list: string, cursor: string): Place | undefined {
  const plain = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, at = '', id = ''] = /^[^.]+\.(\d{1,15})\.([^]+)$/.exec(plain) ?? [];
  const place = { at: Number(at), id };
  return id !== '' && cursorOf(list, place) === cursor ? place : undefined;
}
