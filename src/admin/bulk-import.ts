// Bulk import of another server's subjects and active sessions, so that no user has to sign in again.
//
// One batch at a time joins the store's shared commits, so that a server on the same database continues to respond.
// Existing rows stay as they are: they were imported before, or are newer than the file. So an import that broke off can
// be started again.
import { randomUUID } from 'node:crypto';
import { isRefractError, RefractError } from '../errors.ts';
import type { ContractSettings } from '../engine/policy.ts';
import type { ImportedAs, ImportStore, SessionToImport, SubjectToImport } from '../engine/import-ports.ts';
import type { AuditEvent } from './ports.ts';
import type { RefreshStore, Signer } from '../engine/ports.ts';
import { maxTokenLength, signingInputHash, type Claims } from '../engine/claims.ts';
import type { Asking } from './administration.ts';
import { isSecond, linesOf, rowOf, type Line, type SessionRow } from './bulk-rows.ts';

/** Rows in one commit: few enough that refreshes, which share it, hardly wait. */
const batchSize = 100;

/** Milliseconds between commits: another process that waits for the database looks again every few milliseconds. */
const gap = 5;

/** Seconds that another machine's clock may be ahead. */
const clockSkew = 300;

export interface ImportSummary {
  readonly rows: number;
  readonly subjects: {
    readonly added: number;
    readonly kept: number;
    /** Of those kept: the file describes them differently. */
    readonly different: number;
  };
  readonly sessions: {
    readonly added: number;
    readonly kept: number;
    /** Left out, since they or their tokens have expired. */
    readonly over: number;
  };
  readonly bad: number;
  /** Of those bad: no JSON object, or too long. */
  readonly unreadable: number;
}

/** Before the first row. */
export const nothingYet: ImportSummary = {
  rows: 0,
  subjects: { added: 0, kept: 0, different: 0 },
  sessions: { added: 0, kept: 0, over: 0 },
  bad: 0,
  unreadable: 0,
};

export interface ImportOptions {
  /** Checks every row, and changes nothing. */
  readonly dryRun: boolean;
  readonly asking: Asking;
  /** In the order of the file within a batch. @param problem what is wrong, without any value of the row */
  readonly onBadRow: (line: number, problem: string) => void;
  /** Called after each commit: the counted rows are on disk. */
  readonly onProgress: (summary: ImportSummary) => void;
}

export interface BulkImportParts {
  readonly store: ImportStore & Pick<RefreshStore, 'read'>;
  readonly contracts: ReadonlyMap<string, Pick<ContractSettings, 'policy' | 'sessionLifetime'>>;
  readonly signer: () => Promise<Pick<Signer, 'activeKeyId' | 'verifyLegacy'>>;
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
}

/** @throws RefractError `unavailable` where the store cannot write; rows that were reported before are imported */
export type BulkImport = (chunks: AsyncIterable<Uint8Array>, options: ImportOptions) => Promise<ImportSummary>;

type Prepared =
  | { readonly kind: 'good'; readonly line: number; readonly row: SubjectToImport | SessionToImport }
  | { readonly kind: 'over'; readonly line: number }
  | { readonly kind: 'bad'; readonly line: number; readonly problem: string; readonly isUnreadable: boolean };

export function createBulkImport(parts: BulkImportParts): BulkImport {
  const { store, record } = parts;
  return async (chunks, { dryRun, asking, onBadRow, onProgress }) => {
    const { now } = await store.read('');
    const signer = await parts.signer();
    const prepare = (line: Line): Promise<Prepared> => prepared(parts, signer, line, now);
    const counted: Counted = { rows: 0, bad: 0, unreadable: 0, over: 0, subject: noneYet(), session: noneYet() };
    /** A dry run keeps no subjects of earlier batches. */
    const announced = new Set<string>();

    const importBatch = async (batch: readonly Line[]): Promise<void> => {
      const all = await Promise.all(batch.map(prepare));
      const good = all.flatMap((one) => (one.kind === 'good' ? [one] : []));
      const results = await store.importRows(
        good.map(({ row }) => row),
        dryRun,
      );
      await new Promise((resolve) => setTimeout(resolve, gap));
      const bad = all.flatMap((one) => (one.kind === 'bad' ? [one] : []));
      for (const [index, { row, line }] of good.entries()) {
        let result = results[index] ?? 'kept';
        if (dryRun && row.kind === 'subject' && result === 'added') announced.add(row.id);
        if (result === 'missing_subject' && row.kind === 'session' && announced.has(row.subjectId)) result = 'added';
        if (result === 'missing_subject' || result === 'taken')
          bad.push({ kind: 'bad', line, problem: whyNot[result], isUnreadable: false });
        else counted[row.kind][result] += 1;
      }
      for (const { line, problem } of bad.sort((a, b) => a.line - b.line)) onBadRow(line, problem);
      counted.rows += all.length;
      counted.bad += bad.length;
      counted.unreadable += bad.filter(({ isUnreadable }) => isUnreadable).length;
      counted.over += all.filter(({ kind }) => kind === 'over').length;
      onProgress(summaryOf(counted));
    };

    let isWhole = false;
    try {
      let batch: Line[] = [];
      for await (const line of linesOf(chunks)) {
        batch.push(line);
        if (batch.length < batchSize) continue;
        await importBatch(batch);
        batch = [];
      }
      if (batch.length > 0) await importBatch(batch);
      isWhole = true;
    } finally {
      const { subject, session } = counted;
      if (!dryRun && subject.added + session.added > 0) {
        const reason = `${String(subject.added)} subjects, ${String(session.added)} sessions${isWhole ? '' : ', broken off'}`;
        await record({ type: 'imported', reason, ...asking });
      }
    }
    return summaryOf(counted);
  };
}

const whyNot = {
  missing_subject: 'there is no subject of its subjectId: subjects come before their sessions',
  taken: 'its refresh token was imported for another subject',
} as const satisfies Partial<Record<ImportedAs, string>>;

type Counts = Record<Exclude<ImportedAs, keyof typeof whyNot>, number>;

function noneYet(): Counts {
  return { added: 0, kept: 0, kept_different: 0 };
}

interface Counted extends Record<'rows' | 'bad' | 'unreadable' | 'over', number> {
  readonly subject: Counts;
  readonly session: Counts;
}

function summaryOf({ rows, bad, unreadable, over, subject, session }: Counted): ImportSummary {
  const different = subject.kept_different;
  return {
    rows,
    subjects: { added: subject.added, kept: subject.kept + different, different },
    sessions: { added: session.added, kept: session.kept, over },
    bad,
    unreadable,
  };
}

async function prepared(
  parts: BulkImportParts,
  signer: Pick<Signer, 'activeKeyId' | 'verifyLegacy'>,
  { number: line, bytes }: Line,
  now: number,
): Promise<Prepared> {
  try {
    if (bytes === undefined) throw new RefractError('unreadable_row', 'it is too long');
    const row = rowOf(bytes);
    if (row.kind === 'subject') return { kind: 'good', line, row: { ...row, disabled: row.disabled ?? false } };
    const session = await sessionOf(parts, signer, row, now);
    const isOver = Math.min(session.expiresAt, session.tokenExpiresAt) <= now;
    return isOver ? { kind: 'over', line } : { kind: 'good', line, row: session };
  } catch (reason) {
    if (!isRefractError(reason, 'row', 'unreadable_row')) throw reason;
    return { kind: 'bad', line, problem: reason.message, isUnreadable: reason.code === 'unreadable_row' };
  }
}

/** @throws RefractError `row` for a token that would be refused when it is presented */
async function sessionOf(
  { contracts }: BulkImportParts,
  signer: Pick<Signer, 'activeKeyId' | 'verifyLegacy'>,
  row: SessionRow,
  now: number,
): Promise<SessionToImport> {
  const { contract, subjectId, label, refreshToken } = row;
  const settings = contracts.get(contract);
  if (settings === undefined)
    throw new RefractError('row', `its contract is none of ${[...contracts.keys()].join(', ')}`);
  if (refreshToken.length > maxTokenLength) throw new RefractError('row', 'its refresh token is too long');
  const claims = await signer.verifyLegacy(contract, refreshToken);
  if (claims === undefined) throw new RefractError('row', 'no legacy key of its contract verifies its refresh token');
  const { iat, exp } = timesOf(claims);
  if (isOfAnother(claims, subjectId))
    throw new RefractError('row', 'its refresh token names another subject than its subjectId');

  const givenAt = row.createdAt ?? iat ?? now;
  if (givenAt > now + clockSkew) throw new RefractError('row', 'it was created in the future');
  const createdAt = Math.min(givenAt, now);
  // A server without an absolute lifetime issued tokens that outlive ours: they are accepted until they expire.
  const expiresAt = row.expiresAt ?? Math.max(createdAt + settings.sessionLifetime, exp ?? 0);
  return {
    kind: 'session',
    id: randomUUID(),
    contract,
    policy: settings.policy,
    subjectId,
    keyId: signer.activeKeyId(contract),
    createdAt,
    expiresAt,
    label,
    tokenHash: signingInputHash(refreshToken),
    tokenExpiresAt: exp ?? expiresAt,
  };
}

/** In whole seconds; another server may have written parts of one (RFC 7519 §2). */
function timesOf({ iat, exp, nbf }: Claims): { readonly iat: number | undefined; readonly exp: number | undefined } {
  for (const time of [iat, exp, nbf]) {
    if (time !== undefined && !isSecond(time))
      throw new RefractError('row', 'the times in its refresh token are not in seconds');
  }
  return { iat: isSecond(iat) ? Math.floor(iat) : undefined, exp: isSecond(exp) ? Math.floor(exp) : undefined };
}

/** Mixed up rows would sign a user in as another. A token may have no subject, or name it in another form. */
function isOfAnother({ sub }: Claims, subjectId: string): boolean {
  return (typeof sub === 'string' || typeof sub === 'number') && String(sub) !== subjectId;
}
