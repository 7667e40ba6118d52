// The adapter of the admin contract: translates between the generated types and the administration. A handler returns
// the response of a success and throws a refusal, which mount.ts translates.
import { createHash } from 'node:crypto';
import { RefractError } from '../errors.ts';
import type { components } from '../../generated/admin.ts';
import type { Session, Subject } from '../engine/session.ts';
import type { KeySetDescription } from '../signer/key-lifecycle.ts';
import type { Administration, SubjectChange } from './administration.ts';
import type { ImportSummary } from './bulk-import.ts';
import type { ImportRun, Imports } from './imports.ts';
import type { Introspection } from './introspection.ts';
import { retryableProblem, type AdminOperations } from './mount.ts';
import type { AuditEvent } from './ports.ts';

export interface OperationParts {
  readonly administration: Administration;
  readonly imports: Imports;
  readonly introspect: (token: string) => Promise<Introspection>;
  /** The tokens of a new session, in the shape of the contract's response. */
  readonly shapeOf: (contract: string, issued: Awaited<ReturnType<Administration['issue']>>) => unknown;
}

export function adminOperations({ administration, imports, introspect, shapeOf }: OperationParts): AdminOperations {
  const change =
    (kind: SubjectChange): AdminOperations['deleteSubject'] =>
    async ({ parameters: { subjectId }, caller }) =>
      ok(subjectBody(await administration.changeSubject(subjectId, kind, caller)));
  return {
    putSubject: async ({ parameters: { subjectId }, body: { email, account, role }, caller }) => {
      const details = { email: email ?? undefined, account: account ?? undefined, role: role ?? undefined };
      return ok(subjectBody(await administration.putSubject(subjectId, details, caller)));
    },
    getSubject: async ({ parameters: { subjectId } }) => ok(subjectBody(await administration.readSubject(subjectId))),
    deleteSubject: change('delete'),
    disableSubject: change('disable'),
    enableSubject: change('enable'),
    credentialsChanged: change('credentials-changed'),

    issueSession: async ({ body: { contract, subjectId, label }, caller }) => {
      const issued = await administration.issue(contract, subjectId, label, caller);
      return { status: 201, body: { session: sessionBody(issued.session), tokens: shapeOf(contract, issued) } };
    },
    listSessions: async ({ query: { subject, contract, cursor, limit } }) => {
      const page = openPage(`sessions ${JSON.stringify([subject, contract])}`, cursor, limit);
      const after = page.after && { createdAt: page.after.at, id: page.after.id };
      const rows = await administration.listSessions({ subjectId: subject, contract }, { after, limit: page.rowLimit });
      const { shown, next } = page.cut(rows, ({ createdAt, id }) => ({ at: createdAt, id }));
      return ok({ sessions: shown.map(sessionBody), next });
    },
    getSession: async ({ parameters: { sessionId } }) => ok(sessionBody(await administration.readSession(sessionId))),
    revokeSession: async ({ parameters: { sessionId }, caller }) =>
      ok(sessionBody(await administration.revokeSession(sessionId, caller))),
    revokeSessions: async ({ body: { subjectId, contract }, caller }) => {
      const filter = subjectId === undefined ? { contract: contract ?? '' } : { subjectId };
      return ok({ ended: await administration.revokeSessions(filter, caller) });
    },
    introspect: async ({ body: { token } }) => ok(await introspect(token)),

    importRows: async ({ body, caller }) => {
      const outcome = await imports.run(body, caller);
      if (outcome.kind === 'unavailable') {
        const detail = `The good rows among the first ${String(outcome.rows)} are imported; send all rows again after the number of seconds in Retry-After.`;
        return retryableProblem(503, detail, 1);
      }
      const { summary, problems } = outcome;
      return ok({ ...importCounts(summary), problems: [...problems], moreProblems: summary.bad > problems.length });
    },
    // Read from memory, so that it works without the store.
    listImports: () => Promise.resolve(ok({ imports: imports.list().map(importBody) })),

    listKeySets: async () => ok({ keySets: (await administration.listKeySets()).map(keySetBody) }),
    addKeySet: async ({ parameters: { contract }, body: { accessKey, refreshKey, legacyRefreshKey }, caller }) => {
      const keys = {
        access: accessKey ?? undefined,
        refresh: refreshKey ?? undefined,
        legacyRefresh: legacyRefreshKey ?? undefined,
      };
      return { status: 201, body: keySetBody(await administration.addKeySet(contract, keys, caller)) };
    },
    rotateKeySet: async ({ parameters: { contract }, body: { atOnce = false }, caller }) =>
      ok(keySetBody(await administration.rotateKeySet(contract, atOnce, caller))),
    compromiseKeySets: async ({ parameters: { contract }, caller }) =>
      ok({ ended: await administration.compromiseKeySets(contract, caller) }),
    removeKeySet: async ({ parameters: { contract, keySetId }, query: { force }, caller }) => {
      await administration.removeKeySet(keySetId, contract, force === 'true', caller);
      return ok({ removed: true } as const);
    },

    listAuditEvents: async ({ query: { type, contract, subject, session, since, cursor, limit } }) => {
      const page = openPage(`audit ${JSON.stringify([type, contract, subject, session, since])}`, cursor, limit);
      const filter = {
        ...(type !== undefined && { type }),
        ...(contract !== undefined && { contract }),
        ...(subject !== undefined && { subjectId: subject }),
        ...(session !== undefined && { sessionId: session }),
        ...(since !== undefined && { since: Number(since) }),
      };
      const rows = await administration.readAudit(filter, { after: page.after, limit: page.rowLimit });
      const { shown, next } = page.cut(rows, ({ at, id }) => ({ at, id }));
      return ok({ events: shown.map(eventBody), next });
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

function subjectBody({ id, email, account, role, disabledAt, deletedAt }: Subject): Schemas['Subject'] {
  return withNulls({ id, email, account, role, disabledAt, deletedAt });
}

function sessionBody(session: Session): Schemas['Session'] {
  const { id, contract, subjectId, policy, generation, createdAt, rotatedAt: refreshedAt, expiresAt } = session;
  const { label, revokedAt, revokedReason } = session;
  const always = { id, contract, subjectId, policy, generation, createdAt, refreshedAt, expiresAt };
  return withNulls({ ...always, label, revokedAt, revokedReason });
}

function keySetBody({ accessKid, retiredAt, ...described }: KeySetDescription): Schemas['KeySet'] {
  return withNulls({ ...described, accessKid, retiredAt });
}

function eventBody(event: AuditEvent): Schemas['AuditEvent'] {
  const { id, at, type, contract, subjectId, sessionId, reason, requestId, address, userAgent, actor } = event;
  return withNulls({ id, at, type, contract, subjectId, sessionId, reason, requestId, address, userAgent, actor });
}

function importBody({ requestId, actor, state, beganAt, finishedAt, summary }: ImportRun): Schemas['Import'] {
  return { ...withNulls({ requestId, actor, state, beganAt, finishedAt }), ...importCounts(summary) };
}

function importCounts({ rows, bad, subjects, sessions }: ImportSummary) {
  return { rows, refused: bad, subjects, sessions };
}

type WithNulls<Row> = {
  [Name in keyof Row]: undefined extends Row[Name] ? Exclude<Row[Name], undefined> | null : Row[Name];
};

/** Writes `null` for each missing value, as the document does. */
function withNulls<Row extends object>(row: Row): WithNulls<Row> {
  const entries = Object.entries(row).map(([name, value]: [string, unknown]) => [name, value ?? null]);
  // The entries have the names of `row`, and only `undefined` was replaced.
  return Object.fromEntries(entries) as WithNulls<Row>;
}

/** The last row of a page, in a list that is ordered by second and id. */
interface Position {
  readonly at: number;
  readonly id: string;
}

const standardLimit = 50;

/** @param list the list with its filters. @throws RefractError `invalid` for a cursor of another list */
function openPage(list: string, cursor: string | undefined, limit: string | undefined) {
  const after = cursor === undefined ? undefined : parseCursor(list, cursor);
  if (cursor !== undefined && after === undefined) {
    throw new RefractError('invalid', 'The cursor does not belong to this list with these filters.');
  }
  const size = limit === undefined ? standardLimit : Number(limit);
  return {
    after,
    /** Reads one row more than it shows, to know whether there is a next page. */
    rowLimit: size + 1,
    cut: <One>(rows: readonly One[], positionOf: (row: One) => Position) => {
      const shown = rows.slice(0, size);
      const last = shown.at(-1);
      return { shown, next: rows.length > size && last !== undefined ? formatCursor(list, positionOf(last)) : null };
    },
  };
}

/** Returns an opaque cursor that is valid for one list with its filters only. */
function formatCursor(list: string, { at, id }: Position): string {
  const text = `${String(at)}.${id}`;
  const check = createHash('sha256').update(`${list}\n${text}`).digest('base64url').slice(0, 10);
  return Buffer.from(`${check}.${text}`).toString('base64url');
}

/** @returns `undefined` for a cursor that is mistyped, truncated or of another list */
function parseCursor(list: string, cursor: string): Position | undefined {
  const plain = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, at = '', id = ''] = /^[^.]+\.(\d{1,15})\.([^]+)$/.exec(plain) ?? [];
  const position = { at: Number(at), id };
  return id !== '' && formatCursor(list, position) === cursor ? position : undefined;
}
