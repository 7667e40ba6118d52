// curl commands to paste into a shell: each documented call, with the refresh token of a new demo session.
import { RefractError } from '../errors.ts';
import type { Refract } from '../app/refract.ts';
import type { ExampleCall } from '../http/example-call.ts';

/** The one contract that is served, and its base path if it is not the contract's own: `--only` and `--at`. */
export interface OnlyContract {
  readonly contract: string;
  readonly at?: string;
}

interface OnlyFlags {
  readonly only?: string | undefined;
  readonly at?: string | undefined;
}

/** @throws RefractError `usage` for `--at` without `--only`, or an invalid path */
export function parseOnly({ only: contract, at }: OnlyFlags): OnlyContract | undefined {
  if (contract === undefined) {
    if (at === undefined) return undefined;
    throw new RefractError('usage', '--at needs --only, which names the contract to mount there.');
  }
  if (at === undefined) return { contract };
  if (!/^\/([\w.~-]+(\/[\w.~-]+)*\/?)?$/.test(at) || /\/\.{1,2}(\/|$)/.test(at)) {
    throw new RefractError('usage', `--at must be a path such as /api/v4 or /, not ${JSON.stringify(at)}.`);
  }
  return { contract, at: at === '/' ? at : at.replace(/\/$/, '') };
}

/** Issues a session of the demo subject in each contract, or in one. Resolves with lines that have a call for each. */
export async function demoCalls(refract: Refract, origin: string, only?: OnlyContract): Promise<readonly string[]> {
  const contracts = refract.contracts.filter(({ name }) => only === undefined || name === only.contract);
  const lines: string[] = [];
  for (const { name, settings } of contracts) {
    const issued = await refract.issueDemo(name);
    if (issued.kind === 'refused') continue;
    const call = curl(refract.callOf(name, issued.grant.refresh.token, only?.at), origin);
    lines.push('', `# ${name}: ${describePolicy(settings)}`, call);
  }
  return lines;
}

function describePolicy({ policy, gracePeriod }: Refract['contracts'][number]['settings']): string {
  if (policy === 'static') return 'static; the refresh token never changes';
  if (gracePeriod === 0) return policy;
  return `${policy}; repeating it within ${String(gracePeriod)} s returns the same tokens`;
}

/** The call as one line for a POSIX shell. */
export function curl({ method, path, headers, body }: ExampleCall, origin: string): string {
  const parts = ['curl', '-s', '-X', method, quote(origin + path)];
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quote(`${name}: ${value}`));
  if (body !== undefined) parts.push('-d', quote(body));
  return parts.join(' ');
}

/** Quotes one word for a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
