// Bulk import of another server's subjects and active sessions, so that no user has to sign in again. Rows that exist
// already stay unchanged, so a broken-off import can be repeated.
import { randomUUID } from 'node:crypto';
import { isRefractError, RefractError } from '../errors.ts';
import type { ContractSettings } from '../engine/policy.ts';
import type { ImportedAs, ImportStore, SessionToImport, SubjectToImport } from '../engine/import-ports.ts';
import type { RefreshStore, Signer } from '../engine/ports.ts';
import { maxTokenLength, signingInputHash, type Claims } from '../engine/claims.ts';
import type { Caller } from './administration.ts';
import { badRow, isSecond, parseRow, readLines, type Line, type SessionRow } from './import-rows.ts';
import type { AuditEvent } from './ports.ts';

/** Rows in one commit. Refreshes share the commit, so the batch is small. */
const batchSize = 100;

/** Between commits. Another process that waits for the database polls every few milliseconds. */
const pauseMs = 5;

/** Seconds that another server's clock may be ahead. */
const clockSkew = 300;

export interface ImportSummary {
  readonly rows: number;
  readonly subjects: {
    readonly added: number;
    readonly kept: number;
    /** Kept subjects that the file describes differently. */
    readonly different: number;
  };
  readonly sessions: {
    readonly added: number;
    readonly kept: number;
    /** Skipped, because the session or its token has expired. */
    readonly over: number;
  };
  readonly bad: number;
  /** Bad rows that are not a JSON object or too long. */
  readonly unreadable: number;
}

export const emptySummary: ImportSummary = {
  rows: 0,
  subjects: { added: 0, kept: 0, different: 0 },
  sessions: { added: 0, kept: 0, over: 0 },
  bad: 0,
  unreadable: 0,
};

export interface ImportOptions {
  /** Checks every row and changes nothing. */
  readonly dryRun: boolean;
  readonly caller: Caller;
  /** Called in the order of the file within a batch. @param problem holds no value of the row */
  readonly onBadRow: (line: number, problem: string) => void;
  /** Called after each commit. */
  readonly onProgress: (summary: ImportSummary) => void;
}

export interface BulkImportParts {
  readonly store: ImportStore & Pick<RefreshStore, 'read'>;
  readonly contracts: ReadonlyMap<string, Pick<ContractSettings, 'policy' | 'sessionLifetime'>>;
  readonly signer: () => Promise<ImportSigner>;
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
}

type ImportSigner = Pick<Signer, 'activeKeyId' | 'verifyLegacy'>;

/** @throws RefractError `unavailable` when the store cannot write; the rows of earlier batches stay imported */
export type BulkImport = (chunks: AsyncIterable<Uint8Array>, options: ImportOptions) => Promise<ImportSummary>;

type CheckedRow =
  | { readonly kind: 'good'; readonly line: number; readonly row: SubjectToImport | SessionToImport }
  | { readonly kind: 'over'; readonly line: number }
  | { readonly kind: 'bad'; readonly line: number; readonly problem: string; readonly isUnreadable: boolean };

export function createBulkImport(parts: BulkImportParts): BulkImport {
  const { store, record } = parts;
  return async (chunks, { dryRun, caller, onBadRow, onProgress }) => {
    const { now } = await store.read('');
    const signer = await parts.signer();
    const counts = { rows: 0, bad: 0, unreadable: 0, over: 0, subject: zeroResults(), session: zeroResults() };
    const summarize = (): ImportSummary => {
      const { rows, bad, unreadable, over, subject, session } = counts;
      const { added, kept, kept_different: different } = subject;
      const sessions = { added: session.added, kept: session.kept, over };
      return { rows, subjects: { added, kept: kept + different, different }, sessions, bad, unreadable };
    };
    /** Subjects of earlier batches, which a dry run does not add to the store. */
    const dryRunSubjects = new Set<string>();

    const importBatch = async (batch: readonly Line[]): Promise<void> => {
      const all = await Promise.all(batch.map((line) => checkRow(parts, signer, line, now)));
      const good = all.flatMap((one) => (one.kind === 'good' ? [one] : []));
      const results = await store.importRows(
        good.map(({ row }) => row),
        dryRun,
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const bad = all.flatMap((one) => (one.kind === 'bad' ? [one] : []));
      for (const [index, { row, line }] of good.entries()) {
        let result = results[index] ?? 'kept';
        if (dryRun && row.kind === 'subject' && result === 'added') dryRunSubjects.add(row.id);
        if (result === 'missing_subject' && row.kind === 'session' && dryRunSubjects.has(row.subjectId))
          result = 'added';
        if (result === 'missing_subject' || result === 'taken')
          bad.push({ kind: 'bad', line, problem: problems[result], isUnreadable: false });
        else counts[row.kind][result] += 1;
      }
      for (const { line, problem } of bad.sort((a, b) => a.line - b.line)) onBadRow(line, problem);
      counts.rows += all.length;
      counts.bad += bad.length;
      counts.unreadable += bad.filter(({ isUnreadable }) => isUnreadable).length;
      counts.over += all.filter(({ kind }) => kind === 'over').length;
      onProgress(summarize());
    };

    let isComplete = false;
    try {
      let batch: Line[] = [];
      for await (const line of readLines(chunks)) {
        batch.push(line);
        if (batch.length < batchSize) continue;
        await importBatch(batch);
        batch = [];
      }
      if (batch.length > 0) await importBatch(batch);
      isComplete = true;
    } finally {
      const { subject, session } = counts;
      if (!dryRun && subject.added + session.added > 0) {
        const added = `${String(subject.added)} subjects, ${String(session.added)} sessions`;
        await record({ type: 'imported', reason: isComplete ? added : `${added}, broken off`, ...caller });
      }
    }
    return summarize();
  };
}

const problems = {
  missing_subject: 'its subjectId is unknown: a subject must precede its sessions',
  taken: 'its refresh token was imported for another subject',
} as const satisfies Partial<Record<ImportedAs, string>>;

function zeroResults(): Record<Exclude<ImportedAs, keyof typeof problems>, number> {
  return { added: 0, kept: 0, kept_different: 0 };
}

async function checkRow(
  parts: BulkImportParts,
  signer: ImportSigner,
  { number: line, bytes }: Line,
  now: number,
): Promise<CheckedRow> {
  try {
    if (bytes === undefined) throw new RefractError('unreadable_row', 'it is too long');
    const row = parseRow(bytes);
    if (row.kind === 'subject') return { kind: 'good', line, row: { ...row, disabled: row.disabled ?? false } };
    const session = await toSession(parts, signer, row, now);
    const isOver = Math.min(session.expiresAt, session.tokenExpiresAt) <= now;
    return isOver ? { kind: 'over', line } : { kind: 'good', line, row: session };
  } catch (reason) {
    if (!isRefractError(reason, 'row', 'unreadable_row')) throw reason;
    return { kind: 'bad', line, problem: reason.message, isUnreadable: reason.code === 'unreadable_row' };
  }
}

/** @throws RefractError `row` for a token that a refresh would refuse */
async function toSession(
  { contracts }: BulkImportParts,
  signer: ImportSigner,
  row: SessionRow,
  now: number,
): Promise<SessionToImport> {
  const { contract, subjectId, label, refreshToken } = row;
  const settings = contracts.get(contract);
  if (settings === undefined) throw badRow(`its contract is unknown; use ${[...contracts.keys()].join(', ')}`);
  if (refreshToken.length > maxTokenLength) throw badRow('its refresh token is too long');
  const claims = await signer.verifyLegacy(contract, refreshToken);
  if (claims === undefined) throw badRow('no legacy key of its contract verifies its refresh token');
  const { iat, exp } = timesOf(claims);
  if (hasOtherSubject(claims, subjectId)) throw badRow('its refresh token names another subject than its subjectId');

  const issuedAt = row.createdAt ?? iat ?? now;
  if (issuedAt > now + clockSkew) throw badRow('it was created in the future');
  const createdAt = Math.min(issuedAt, now);
  // A server without an absolute lifetime issues tokens that outlive ours: they stay valid until they expire.
  const expiresAt = row.expiresAt ?? Math.max(createdAt + settings.sessionLifetime, exp ?? 0);
  return {
    kind: 'session',
    id: randomUUID(),
    policy: settings.policy,
    keyId: signer.activeKeyId(contract),
    ...{ contract, subjectId, createdAt, expiresAt, label },
    tokenHash: signingInputHash(refreshToken),
    tokenExpiresAt: exp ?? expiresAt,
  };
}

/** Returns whole seconds; another server may write fractions (RFC 7519 §2). */
function timesOf({ iat, exp, nbf }: Claims): { readonly iat: number | undefined; readonly exp: number | undefined } {
  for (const time of [iat, exp, nbf]) {
    if (time !== undefined && !isSecond(time)) throw badRow('the times in its refresh token are not in seconds');
  }
  return { iat: isSecond(iat) ? Math.floor(iat) : undefined, exp: isSecond(exp) ? Math.floor(exp) : undefined };
}

/** Mixed-up rows would sign a user in as another. A token may omit its subject, or name it in another form. */
function hasOtherSubject({ sub }: Claims, subjectId: string): boolean {
  return (typeof sub === 'string' || typeof sub === 'number') && String(sub) !== subjectId;
}
