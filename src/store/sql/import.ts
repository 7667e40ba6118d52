// The import of subjects and sessions of another server with their tokens. A row is added or left alone, never changed:
// an existing row was imported before, or is newer than the file. Consecutive rows of one kind share a statement.
import type { ImportedAs, ImportedToken, SessionToImport, SubjectToImport } from '../../engine/import-ports.ts';
import type { Subject } from '../../engine/session.ts';
import { isRefractError, RefractError } from '../../errors.ts';
import { query, toItems, type Dialect, type Operation } from './operation.ts';
import { compareSubject, subjectColumns, type Row } from './rows.ts';

type ImportRow = SubjectToImport | SessionToImport;

/** Returns the results of a write, also of a dry run, which is rolled back. @param write fills the given array */
export async function collectResults(write: (results: ImportedAs[]) => Promise<void>): Promise<readonly ImportedAs[]> {
  const results: ImportedAs[] = [];
  await write(results).catch((reason: unknown) => {
    if (!isRefractError(reason, 'rolled_back')) throw reason;
  });
  return results;
}

export function importOperations({ prefix, now, newVersion, forShare, items }: Dialect) {
  const [subjects, sessions, tokens] = [`${prefix}subject`, `${prefix}session`, `${prefix}imported_token`];
  const text = (member: string): string => `item.value->>'${member}'`;
  const integer = (member: string): string => `CAST(item.value->>'${member}' AS bigint)`;

  function* importSubjects(rows: readonly SubjectToImport[]): Operation<readonly ImportedAs[]> {
    if (rows.length === 0) return [];
    const given = toItems(rows.map((row) => ({ ...row, disabled: row.disabled ? 1 : undefined })));
    const added = yield* query<{ id: string }>(
      `INSERT INTO ${subjects} (id, credential_version, email, account, role, disabled_at)
       SELECT ${text('id')}, ${newVersion}, ${text('email')}, ${text('account')}, ${text('role')},
              CASE WHEN ${text('disabled')} IS NOT NULL THEN ${now} END
         FROM ${items} WHERE true
       ON CONFLICT (id) DO NOTHING
       RETURNING id`,
      [given],
    );
    const found = yield* query<Row<Subject>>(
      `SELECT ${subjectColumns} FROM ${subjects} WHERE id IN (SELECT ${text('id')} FROM ${items})`,
      [given],
    );
    const addedIds = new Set(added.rows.map(({ id }) => id));
    const existing = new Map(found.rows.map((row) => [row.id, row]));
    // Of several rows with one id, the first was added.
    return rows.map((row) => (addedIds.delete(row.id) ? 'added' : compareSubject(row, existing.get(row.id))));
  }

  function* importSessions(rows: readonly SessionToImport[]): Operation<readonly ImportedAs[]> {
    if (rows.length === 0) return [];
    const given = toItems(rows);
    // Locked until the commit, so that no session is added to a subject that is being deleted.
    const found = yield* query<{ id: string }>(
      `SELECT id FROM ${subjects} WHERE id IN (SELECT ${text('subjectId')} FROM ${items}) AND deleted_at IS NULL
        ORDER BY id ${forShare}`,
      [given],
    );
    // Purging a session removes its token, so a known token has a session. CROSS JOIN keeps SQLite from a table scan.
    const known = yield* query<{ contract: string; hash: string; subjectId: string }>(
      `SELECT token.contract, token.hash, session.subject_id AS "subjectId"
         FROM ${items} CROSS JOIN ${tokens} AS token CROSS JOIN ${sessions} AS session
        WHERE token.contract = ${text('contract')} AND token.hash = ${text('tokenHash')}
          AND session.id = token.session_id`,
      [given],
    );
    const subjectIds = new Set(found.rows.map(({ id }) => id));
    const owners = new Map(known.rows.map(({ contract, hash, subjectId }) => [`${contract} ${hash}`, subjectId]));
    const missing: SessionToImport[] = [];
    const results = rows.map((row): ImportedAs => {
      const key = `${row.contract} ${row.tokenHash}`;
      const owner = owners.get(key);
      if (owner !== undefined) return owner === row.subjectId ? 'kept' : 'taken';
      if (!subjectIds.has(row.subjectId)) return 'missing_subject';
      owners.set(key, row.subjectId);
      missing.push(row);
      return 'added';
    });
    if (missing.length > 0) yield* addSessions(toItems(missing));
    return results;
  }

  function* addSessions(given: string): Operation<void> {
    // Sessions of a disabled subject are added too: they are refused until it is enabled again.
    yield* query(
      `INSERT INTO ${sessions} (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id,
                                created_at, expires_at, label)
       SELECT ${text('id')}, ${text('contract')}, ${text('policy')}, subject.id, subject.credential_version, 0,
              ${integer('createdAt')}, ${text('keyId')}, ${integer('createdAt')}, ${integer('expiresAt')}, ${text('label')}
         FROM ${items} CROSS JOIN ${subjects} AS subject WHERE subject.id = ${text('subjectId')}`,
      [given],
    );
    yield* query(
      `INSERT INTO ${tokens} (hash, contract, session_id, issued_at, expires_at)
       SELECT ${text('tokenHash')}, ${text('contract')}, ${text('id')}, ${integer('createdAt')}, ${integer('tokenExpiresAt')}
         FROM ${items}`,
      [given],
    );
  }

  return {
    *readImported(contract: string, hash: string): Operation<ImportedToken | undefined> {
      const { rows } = yield* query<ImportedToken>(
        `SELECT session_id AS "sessionId", issued_at AS "issuedAt", expires_at AS "expiresAt"
           FROM ${tokens} WHERE contract = $1 AND hash = $2`,
        [contract, hash],
      );
      return rows[0];
    },
    *importRows(rows: readonly ImportRow[], isDryRun: boolean, results: ImportedAs[]): Operation<void> {
      // A retry of the transaction begins again.
      results.length = 0;
      while (results.length < rows.length) {
        results.push(...(yield* importSubjects(leading(rows, results.length, (row) => row.kind === 'subject'))));
        results.push(...(yield* importSessions(leading(rows, results.length, (row) => row.kind === 'session'))));
      }
      if (isDryRun) throw new RefractError('rolled_back', 'a dry run');
    },
  };
}

/** Consecutive rows of one kind. */
function leading<Kind extends ImportRow>(
  rows: readonly ImportRow[],
  from: number,
  isKind: (row: ImportRow) => row is Kind,
): readonly Kind[] {
  const rest = rows.slice(from);
  const end = rest.findIndex((row) => !isKind(row));
  return (end === -1 ? rest : rest.slice(0, end)).filter(isKind);
}
