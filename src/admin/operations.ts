// The adapter of the admin contract: pure translation between the generated types of openapi/admin.yaml and the
// administration. Every operation of the document is here, each with the replies that its document has.
import { isRefused } from '../errors.ts';
import type { operations } from '../../generated/admin.ts';
import type { Reply, RequestOf } from '../http/types.ts';
import type { Administration, Asking } from './administration.ts';
import { cursorOf, placeOf, type Place } from './cursor.ts';
import type { Introspection } from './introspection.ts';
import type { Imports } from './imports.ts';
import { problem, problemForNow } from './problem.ts';
import { eventOf, importOf, keySetOf, reportOf, sessionOf, subjectOf } from './shown.ts';

export interface OperationParts {
  readonly administration: Administration;
  readonly imports: Imports;
  readonly introspect: (token: string) => Promise<Introspection>;
  /** A new session's tokens, in the contract's own shape. */
  readonly shapeOf: (contract: string, issued: Awaited<ReturnType<Administration['issue']>>) => unknown;
}

/** What an operation is asked, and by whom. */
export type AdminRequest<Operation> = RequestOf<Operation> & { readonly asking: Asking };

export type AdminOperations = {
  readonly [Id in keyof operations]: (request: AdminRequest<operations[Id]>) => Promise<Reply<operations[Id]>>;
};

export function adminOperations({ administration, imports, introspect, shapeOf }: OperationParts): AdminOperations {
  return {
    putSubject: async ({ parameters: { subjectId }, body, asking }) => {
      const details = {
        email: body.email ?? undefined,
        account: body.account ?? undefined,
        role: body.role ?? undefined,
      };
      return refusable(async () => ok(subjectOf(await administration.putSubject(subjectId, details, asking))), {
        invalid: (detail) => problem(400, detail),
      });
    },
    getSubject: ({ parameters: { subjectId } }) =>
      refusable(async () => ok(subjectOf(await administration.readSubject(subjectId))), { not_found: notFound }),
    deleteSubject: ({ parameters: { subjectId }, asking }) =>
      refusable(async () => ok(subjectOf(await administration.changeSubject(subjectId, 'delete', asking))), {
        not_found: notFound,
      }),
    disableSubject: ({ parameters: { subjectId }, asking }) =>
      refusable(async () => ok(subjectOf(await administration.changeSubject(subjectId, 'disable', asking))), {
        not_found: notFound,
      }),
    enableSubject: ({ parameters: { subjectId }, asking }) =>
      refusable(async () => ok(subjectOf(await administration.changeSubject(subjectId, 'enable', asking))), {
        not_found: notFound,
      }),
    credentialsChanged: ({ parameters: { subjectId }, asking }) =>
      refusable(
        async () => ok(subjectOf(await administration.changeSubject(subjectId, 'credentials-changed', asking))),
        {
          not_found: notFound,
        },
      ),

    issueSession: ({ body: { contract, subjectId, label }, asking }) =>
      refusable(
        async () => {
          const issued = await administration.issue(contract, subjectId, label, asking);
          return {
            status: 201,
            body: { session: sessionOf(issued.session), tokens: shapeOf(contract, issued) },
          } as const;
        },
        { not_found: notFound, conflict, invalid: (detail) => problem(400, detail) },
      ),
    listSessions: async ({ query: { subject, contract, cursor, limit } }) => {
      const list = `sessions ${JSON.stringify([subject, contract])}`;
      const page = pageOf(list, cursor, limit);
      if (page === undefined) return strangeCursor;
      const after = page.after && { createdAt: page.after.at, id: page.after.id };
      const listed = await administration.listSessions(
        { subjectId: subject, contract },
        { after, limit: page.limit + 1 },
      );
      const { shown, next } = cut(list, page.limit, listed, ({ createdAt, id }) => ({ at: createdAt, id }));
      return ok({ sessions: shown.map(sessionOf), next });
    },
    getSession: ({ parameters: { sessionId } }) =>
      refusable(async () => ok(sessionOf(await administration.readSession(sessionId))), { not_found: notFound }),
    revokeSession: ({ parameters: { sessionId }, asking }) =>
      refusable(async () => ok(sessionOf(await administration.revokeSession(sessionId, asking))), {
        not_found: notFound,
      }),
    revokeSessions: ({ body: { subjectId, contract }, asking }) =>
      refusable(
        async () => {
          const of = subjectId === undefined ? { contract: contract ?? '' } : { subjectId };
          return ok({ ended: await administration.revokeSessions(of, asking) });
        },
        { not_found: notFound },
      ),
    introspect: async ({ body: { token } }) => ok(await introspect(token)),

    importRows: ({ body, asking }) =>
      refusable(
        async () => {
          const outcome = await imports.run(body, asking);
          return outcome.kind === 'read' ? ok(reportOf(outcome)) : goneDuring(outcome.rows);
        },
        { conflict, invalid: (detail) => problem(400, detail) },
      ),
    // From memory: how far an import is can be asked whatever the store does.
    listImports: () => Promise.resolve(ok({ imports: imports.list().map(importOf) })),

    listKeySets: async () => ok({ keySets: (await administration.listKeySets()).map(keySetOf) }),
    addKeySet: ({ parameters: { contract }, body: { accessKey, refreshKey, legacyRefreshKey }, asking }) =>
      refusable(
        async () => {
          const keys = {
            access: accessKey ?? undefined,
            refresh: refreshKey ?? undefined,
            legacyRefresh: legacyRefreshKey ?? undefined,
          };
          return { status: 201, body: keySetOf(await administration.addKeySet(contract, keys, asking)) } as const;
        },
        { not_found: notFound, conflict, invalid: (detail) => problem(400, detail) },
      ),
    rotateKeySet: ({ parameters: { contract }, body: { atOnce = false }, asking }) =>
      refusable(async () => ok(keySetOf(await administration.rotateKeySet(contract, atOnce, asking))), {
        not_found: notFound,
        conflict,
      }),
    compromiseKeySets: ({ parameters: { contract }, asking }) =>
      refusable(async () => ok({ ended: await administration.compromiseKeySets(contract, asking) }), {
        not_found: notFound,
      }),
    removeKeySet: ({ parameters: { contract, keySetId }, query: { force }, asking }) =>
      refusable(
        async () => {
          await administration.removeKeySet(keySetId, contract, force === 'true', asking);
          return ok({ removed: true } as const);
        },
        { not_found: notFound, conflict },
      ),

    listAuditEvents: async ({ query: { type, contract, subject, session, since, cursor, limit } }) => {
      const list = `audit ${JSON.stringify([type, contract, subject, session, since])}`;
      const page = pageOf(list, cursor, limit);
      if (page === undefined) return strangeCursor;
      const listed = await administration.readAudit(
        {
          ...(type !== undefined && { type }),
          ...(contract !== undefined && { contract }),
          ...(subject !== undefined && { subjectId: subject }),
          ...(session !== undefined && { sessionId: session }),
          ...(since !== undefined && { since: Number(since) }),
        },
        { after: page.after, limit: page.limit + 1 },
      );
      const { shown, next } = cut(list, page.limit, listed, ({ at, id }) => ({ at, id }));
      return ok({ events: shown.map(eventOf), next });
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

const notFound = (detail: string) => problem(404, detail);
const conflict = (detail: string) => problem(409, detail);
const strangeCursor = problem(400, 'The cursor is not one of this list with these filters.');

function goneDuring(rows: number) {
  return problemForNow(
    503,
    `Of the first ${String(rows)} rows the good ones are imported; send all of them again after the number of seconds in Retry-After.`,
    1,
  );
}

/** A refusal that the operation has no reply for is a fault of ours. */
async function refusable<Granted, Missing = never, Conflict = never, Invalid = never>(
  work: () => Promise<Granted>,
  replies: {
    readonly not_found?: (detail: string) => Missing;
    readonly conflict?: (detail: string) => Conflict;
    readonly invalid?: (detail: string) => Invalid;
  },
): Promise<Granted | Missing | Conflict | Invalid> {
  try {
    return await work();
  } catch (reason) {
    if (!isRefused(reason)) throw reason;
    const reply = replies[reason.code];
    if (reply === undefined) throw reason;
    return reply(reason.message);
  }
}

const standardLimit = 50;

function pageOf(
  list: string,
  cursor: string | undefined,
  limit: string | undefined,
): { readonly after: Place | undefined; readonly limit: number } | undefined {
  const after = cursor === undefined ? undefined : placeOf(list, cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  return { after, limit: limit === undefined ? standardLimit : Number(limit) };
}

/** One more than the limit was asked for: whether there is a next page. */
function cut<One>(list: string, limit: number, listed: readonly One[], place: (one: One) => Place) {
  const shown = listed.slice(0, limit);
  const last = shown.at(-1);
  return { shown, next: listed.length > limit && last !== undefined ? cursorOf(list, place(last)) : null };
}
