// The part of the store that takes over subjects and sessions of another server, and knows the tokens that came along.
//
// A row is added or left alone, never changed: what is there already was imported before, or is newer than the file.
import type { Database } from 'better-sqlite3';
import { isRefractError, RefractError } from '../../errors.ts';
import type {
  ImportedAs,
  ImportedToken,
  ImportStore,
  SessionToImport,
  SubjectToImport,
} from '../../engine/import-ports.ts';
import type { RefreshStore } from '../../engine/ports.ts';
import type { GroupCommit } from './group-commit.ts';
import { reading } from './reading.ts';
import type { SubjectRow } from '../rows.ts';

type Rows = Parameters<ImportStore['importRows']>[0];

/** @param clock integer seconds since 1970 */
export function importingIn(
  database: Database,
  { commit }: GroupCommit,
  clock: () => number,
): ImportStore & Pick<RefreshStore, 'readImported'> {
  const statements = prepare(database);

  const importSubject = ({ id, email, account, role, disabled }: SubjectToImport): ImportedAs => {
    const details = { email: email ?? null, account: account ?? null, role: role ?? null };
    const added = statements.addSubject.run({ id, ...details, disabledAt: disabled ? clock() : null });
    if (added.changes > 0) return 'added';
    const found = statements.subject.get({ id });
    const isSame =
      found?.deleted_at === null &&
      found.email === details.email &&
      found.account === details.account &&
      found.role === details.role &&
      (found.disabled_at !== null) === disabled;
    return isSame ? 'kept' : 'kept_different';
  };

  const importSession = (row: SessionToImport): ImportedAs => {
    const { id, contract, policy, subjectId, keyId, createdAt, expiresAt, label, tokenHash, tokenExpiresAt } = row;
    const known = statements.owner.get({ contract, hash: tokenHash });
    // A session that has been purged has taken its token with it, so that what is known has both.
    if (known !== undefined) return known.subject_id === subjectId ? 'kept' : 'taken';
    const session = { id, contract, policy, subjectId, keyId, createdAt, expiresAt, label: label ?? null };
    if (statements.addSession.run(session).changes === 0) return 'missing_subject';
    statements.addToken.run({ hash: tokenHash, contract, id, createdAt, tokenExpiresAt });
    return 'added';
  };

  // A savepoint inside of the group's transaction: all of it, or nothing.
  const importAll = database.transaction((rows: Rows, dryRun: boolean, results: ImportedAs[]): void => {
    for (const row of rows) results.push(row.kind === 'subject' ? importSubject(row) : importSession(row));
    if (dryRun) throw new RefractError('rolled_back', 'a dry run');
  });

  return {
    readImported: reading((contract, hash) => statements.token.get({ contract, hash })),
    importRows: (rows, dryRun) =>
      commit(() => {
        const results: ImportedAs[] = [];
        try {
          importAll(rows, dryRun, results);
        } catch (reason) {
          if (!isRefractError(reason, 'rolled_back')) throw reason;
        }
        return results;
      }),
  };
}

function prepare(database: Database) {
  return {
    addSubject: database.prepare<[object]>(
      `INSERT INTO subject (id, credential_version, email, account, role, disabled_at)
       VALUES ($id, lower(hex(randomblob(16))), $email, $account, $role, $disabledAt)
       ON CONFLICT (id) DO NOTHING`,
    ),
    subject: database.prepare<[object], SubjectRow>('SELECT * FROM subject WHERE id = $id'),
    owner: database.prepare<[object], { subject_id: string }>(
      `SELECT session.subject_id
         FROM imported_token JOIN session ON session.id = imported_token.session_id
        WHERE imported_token.contract = $contract AND imported_token.hash = $hash`,
    ),
    // A disabled subject's sessions come along: they are refused until it is enabled again, as they were.
    addSession: database.prepare<[object]>(
      `INSERT INTO session (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id,
                            created_at, expires_at, label)
       SELECT $id, $contract, $policy, subject.id, subject.credential_version, 0, $createdAt, $keyId,
              $createdAt, $expiresAt, $label
         FROM subject
        WHERE subject.id = $subjectId AND subject.deleted_at IS NULL`,
    ),
    addToken: database.prepare<[object]>(
      `INSERT INTO imported_token (hash, contract, session_id, issued_at, expires_at)
       VALUES ($hash, $contract, $id, $createdAt, $tokenExpiresAt)`,
    ),
    token: database.prepare<[object], ImportedToken>(
      `SELECT session_id AS sessionId, issued_at AS issuedAt, expires_at AS expiresAt
         FROM imported_token WHERE contract = $contract AND hash = $hash`,
    ),
  };
}
