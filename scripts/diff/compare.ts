// What one document changes against another, by `redocly diff`: each change with its impact, place and reason.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The semver part that a change asks for; `none` where nothing changed. */
export type Impact = 'major' | 'minor' | 'patch' | 'none';

export interface Change {
  readonly impact: Impact;
  /** The operation, or the part of the document where it is in none. */
  readonly place: string;
  /** The path below that, as in the document. */
  readonly member: string;
  readonly why: string;
  /** The line of the revision, or of the base for what was removed. */
  readonly line: number | undefined;
}

export interface Comparison {
  readonly verdict: Impact;
  readonly changes: readonly Change[];
}

/** What could not be compared. The message is one sentence. */
export class DiffError extends Error {
  override readonly name = 'DiffError';
}

const cli = join(dirname(fileURLToPath(import.meta.resolve('@redocly/cli/package.json'))), 'bin', 'cli.js');

/** Compares two texts of one document. @throws DiffError where one of them is no document */
export async function compare(name: string, base: string, revision: string): Promise<Comparison> {
  if (base === revision) return { verdict: 'none', changes: [] };
  const folder = mkdtempSync(join(tmpdir(), 'refract-diff-'));
  try {
    const files = [join(folder, `base-${name}.yaml`), join(folder, `${name}.yaml`)] as const;
    writeFileSync(files[0], base);
    writeFileSync(files[1], revision);
    const report = await reportOf(name, files);
    const changes = report.changes
      .map(raised)
      .map(changeOf)
      .sort((one, other) => order.indexOf(one.impact) - order.indexOf(other.impact));
    return { verdict: changes[0]?.impact ?? 'none', changes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From the gravest down. */
export const order: readonly Impact[] = ['major', 'minor', 'patch', 'none'];

interface Report {
  readonly changes: readonly ReportedChange[];
}

interface ReportedChange {
  readonly path: string;
  readonly kind: string;
  readonly impact: 'major' | 'minor' | 'patch';
  readonly property?: string;
  readonly verdicts: readonly { readonly message: string; readonly ruleId: string }[];
  readonly base?: { readonly line?: number; readonly value?: unknown };
  readonly revision?: { readonly line?: number };
}

async function reportOf(name: string, [base, revision]: readonly [string, string]): Promise<Report> {
  const run = promisify(execFile);
  try {
    const { stdout } = await run(
      process.execPath,
      [cli, 'diff', base, revision, '--format', 'json', '--fail-on', 'none'],
      // The folder has no configuration in it, so the house rules of the documents do not take part.
      { cwd: dirname(base), env: { ...process.env, REDOCLY_TELEMETRY: 'off' }, maxBuffer: 64 * 1024 * 1024 },
    );
    // The pinned release writes this shape; the table of mutations in the tests holds it to it.
    return JSON.parse(stdout) as Report;
  } catch (reason) {
    const said = reason instanceof Error && 'stderr' in reason ? String(reason.stderr).trim().split('\n')[0] : '';
    throw new DiffError(`${name} cannot be compared: ${said || 'redocly did not answer'}.`);
  }
}

/** redocly rates a reply header that is no longer promised as patch; a client may have relied on it. */
function raised(change: ReportedChange): ReportedChange {
  const isUnpromised =
    /\/headers\/[^/]+$/.test(change.path) && change.property === 'required' && change.base?.value === true;
  const verdict = { message: 'The header is no longer promised.', ruleId: 'header-unpromised' };
  return isUnpromised ? { ...change, impact: 'major', verdicts: [verdict] } : change;
}

function changeOf({ path, kind, impact, property, verdicts, base, revision }: ReportedChange): Change {
  const steps = path
    .slice(1)
    .split('/')
    .filter((step) => step !== '')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const [first = 'document', route = '', method = ''] = steps;
  const isInOperation = first === 'paths' && method !== '';
  const place = isInOperation ? `${method.toUpperCase()} ${route}` : steps[0] === 'paths' ? `path ${route}` : first;
  const below = steps.slice(isInOperation ? 3 : first === 'paths' ? 2 : 1);
  return {
    impact,
    place,
    member: [...below, ...(property === undefined ? [] : [property])].join(' › '),
    why: verdicts.map(({ message, ruleId }) => `${message} (${ruleId})`).join(' ') || `${kind}; no rule asks for more.`,
    line: revision?.line ?? base?.line,
  };
}
