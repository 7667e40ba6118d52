// The part of the store that takes over subjects and sessions of another server, and knows the tokens that came along.
//
// Rows of one kind that follow each other go in one statement, as a row for itself would cost a way to the server.
import { isRefractError, RefractError } from '../../errors.ts';
import type {
  ImportedAs,
  ImportedToken,
  ImportStore,
  SessionToImport,
  SubjectToImport,
} from '../../engine/import-ports.ts';
import type { RefreshStore } from '../../engine/ports.ts';
import type { SubjectRow } from '../rows.ts';
import type { Connections, Run, Statement } from './connections.ts';
import { lockSpace } from './migrations.ts';
import { subjectColumns } from './statements.ts';
import { freshVersion } from './subjects.ts';

const importLock = 3;

type Row = SubjectToImport | SessionToImport;

export function importingIn({
  repeatable,
  transaction,
}: Connections): ImportStore & Pick<RefreshStore, 'readImported'> {
  return {
    readImported: async (contract, hash) => {
      const { rows } = await repeatable(readToken, [contract, hash]);
      return rows[0];
    },
    importRows: async (rows, dryRun) => {
      let results: readonly ImportedAs[] = [];
      const work = transaction(async (run) => {
        // Two imports of the same rows take turns, so that the second one finds what the first one has added.
        await run({ text: 'SELECT pg_advisory_xact_lock($1, $2)' }, [lockSpace, importLock]);
        results = await importAll(run, rows);
        if (dryRun) throw new RefractError('rolled_back', 'a dry run');
      });
      await work.catch((reason: unknown) => {
        if (!isRefractError(reason, 'rolled_back')) throw reason;
      });
      return results;
    },
  };
}

async function importAll(run: Run, rows: readonly Row[]): Promise<readonly ImportedAs[]> {
  const results: ImportedAs[] = [];
  for (let from = 0; from < rows.length;) {
    const subjects = leading(rows, from, (row) => row.kind === 'subject');
    results.push(...(await importSubjects(run, subjects)));
    const sessions = leading(rows, from + subjects.length, (row) => row.kind === 'session');
    results.push(...(await importSessions(run, sessions)));
    from += subjects.length + sessions.length;
  }
  return results;
}

function leading<Kind extends Row>(rows: readonly Row[], from: number, is: (row: Row) => row is Kind): Kind[] {
  const found: Kind[] = [];
  for (let index = from; index < rows.length; index += 1) {
    const row = rows[index];
    if (row === undefined || !is(row)) break;
    found.push(row);
  }
  return found;
}

async function importSubjects(run: Run, rows: readonly SubjectToImport[]): Promise<readonly ImportedAs[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const added = await run<{ id: string }>({ text: addSubjects }, [
    ids,
    rows.map(({ email }) => email ?? null),
    rows.map(({ account }) => account ?? null),
    rows.map(({ role }) => role ?? null),
    rows.map(({ disabled }) => disabled),
  ]);
  const fresh = new Set(added.rows.map(({ id }) => id));
  const found = await run<SubjectRow & Record<string, unknown>>(
    { text: `SELECT ${subjectColumns} FROM refract.subject WHERE id = ANY ($1)` },
    [ids],
  );
  const there = new Map(found.rows.map((row) => [row.id, row]));
  return rows.map((row) => {
    // The first of several with the same id is the one that was added.
    if (fresh.delete(row.id)) return 'added';
    return isSame(row, there.get(row.id)) ? 'kept' : 'kept_different';
  });
}

function isSame(row: SubjectToImport, found: SubjectRow | undefined): boolean {
  return (
    found?.deleted_at === null &&
    found.email === (row.email ?? null) &&
    found.account === (row.account ?? null) &&
    found.role === (row.role ?? null) &&
    (found.disabled_at !== null) === row.disabled
  );
}

async function importSessions(run: Run, rows: readonly SessionToImport[]): Promise<readonly ImportedAs[]> {
  if (rows.length === 0) return [];
  const subjects = await run<{ id: string }>({ text: lockSubjects }, [rows.map(({ subjectId }) => subjectId)]);
  const isThere = new Set(subjects.rows.map(({ id }) => id));
  const known = await run<{ contract: string; hash: string; subject_id: string }>({ text: owners }, [
    rows.map(({ contract }) => contract),
    rows.map(({ tokenHash }) => tokenHash),
  ]);
  // A session that has been purged has taken its token with it, so that what is known has both.
  const owner = new Map(known.rows.map(({ contract, hash, subject_id: id }) => [`${contract} ${hash}`, id]));
  const adding: SessionToImport[] = [];
  const results = rows.map((row): ImportedAs => {
    const key = `${row.contract} ${row.tokenHash}`;
    const knownOwner = owner.get(key);
    if (knownOwner !== undefined) return knownOwner === row.subjectId ? 'kept' : 'taken';
    if (!isThere.has(row.subjectId)) return 'missing_subject';
    owner.set(key, row.subjectId);
    adding.push(row);
    return 'added';
  });
  await addAll(run, adding);
  return results;
}

async function addAll(run: Run, rows: readonly SessionToImport[]): Promise<void> {
  if (rows.length === 0) return;
  const of = <Name extends keyof SessionToImport>(name: Name) => rows.map((row) => row[name] ?? null);
  const session = [of('id'), of('contract'), of('policy'), of('subjectId'), of('keyId'), of('createdAt')];
  await run({ text: addSessions }, [...session, of('expiresAt'), of('label')]);
  const token = [of('tokenHash'), of('contract'), of('id'), of('createdAt'), of('tokenExpiresAt')];
  await run({ text: addTokens }, token);
}

const addSubjects = `INSERT INTO refract.subject (id, credential_version, email, account, role, disabled_at)
  SELECT row.id, ${freshVersion}, row.email, row.account, row.role, CASE WHEN row.disabled THEN refract.now() END
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[])
      AS row (id, email, account, role, disabled)
  ON CONFLICT (id) DO NOTHING
  RETURNING id`;

// Until this is committed none of them is deleted, so that no session is added to a tombstone.
const lockSubjects = 'SELECT id FROM refract.subject WHERE id = ANY ($1) AND deleted_at IS NULL ORDER BY id FOR SHARE';

const owners = `SELECT imported_token.contract, imported_token.hash, session.subject_id
   FROM unnest($1::text[], $2::text[]) AS wanted (contract, hash)
   JOIN refract.imported_token USING (contract, hash)
   JOIN refract.session ON session.id = imported_token.session_id`;

// A disabled subject's sessions come along: they are refused until it is enabled again, as they were.
const addSessions = `INSERT INTO refract.session
    (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id, created_at, expires_at, label)
  SELECT row.id, row.contract, row.policy, subject.id, subject.credential_version, 0, row.created_at, row.key_id,
         row.created_at, row.expires_at, row.label
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
      AS row (id, contract, policy, subject_id, key_id, created_at, expires_at, label)
    JOIN refract.subject ON subject.id = row.subject_id`;

const addTokens = `INSERT INTO refract.imported_token (hash, contract, session_id, issued_at, expires_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])`;

const readToken: Statement<ImportedToken & Record<string, unknown>> = {
  name: 'refract_read_imported',
  text: `SELECT session_id AS "sessionId", issued_at AS "issuedAt", expires_at AS "expiresAt"
           FROM refract.imported_token WHERE contract = $1 AND hash = $2`,
};
