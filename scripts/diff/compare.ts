// Compares two versions of a document with `redocly diff`: each change with its impact, location and reason.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorsOf, runRedocly } from '../redocly.ts';

/** The part of a semantic version that must change; `none` where nothing changed. */
export type Impact = 'major' | 'minor' | 'patch' | 'none';

export interface Change {
  readonly impact: Impact;
  /** The operation, or the part of the document outside of operations. */
  readonly place: string;
  /** The path below `place`. */
  readonly member: string;
  readonly why: string;
  /** The line in the revision; in the base where a member was removed. */
  readonly line: number | undefined;
}

export interface Comparison {
  readonly verdict: Impact;
  readonly changes: readonly Change[];
}

/** A failed comparison. The message is one sentence. */
export class DiffError extends Error {
  override readonly name = 'DiffError';
}

/** Compares two texts of one document. @throws DiffError where one of them is not a document */
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

/** From the largest impact to the smallest. */
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
  try {
    const args = ['diff', base, revision, '--format', 'json', '--fail-on', 'none'];
    // The shape of the pinned release, which the tests check.
    return JSON.parse(await runRedocly(args, dirname(base))) as Report;
  } catch (reason) {
    const [line = ''] = errorsOf(reason).trim().split('\n');
    throw new DiffError(`${name} cannot be compared: ${line || 'redocly printed no reason'}.`);
  }
}

/** redocly rates a response header that becomes optional as patch; a client may rely on it. */
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
