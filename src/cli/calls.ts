// Ready-to-paste calls: a new demo session in every contract, and the call that each document shows.
import { RefractError } from '../errors.ts';
import type { Refract } from '../app/refract.ts';
import type { ExampleCall } from '../http/example-call.ts';

/** One contract alone, at a base path of the operator's choice: `--only` and `--at`. */
export interface Only {
  readonly contract: string;
  readonly at?: string;
}

/** @throws RefractError `usage` for a path without a contract, or one that is not a path */
export function onlyOf({
  only: contract,
  at,
}: {
  only?: string | undefined;
  at?: string | undefined;
}): Only | undefined {
  if (contract === undefined) {
    if (at !== undefined)
      throw new RefractError('usage', '--at needs --only, which names the contract to mount there.');
    return undefined;
  }
  if (at === undefined) return { contract };
  if (!/^\/([\w.~-]+(\/[\w.~-]+)*\/?)?$/.test(at) || /\/\.{1,2}(\/|$)/.test(at)) {
    throw new RefractError('usage', `--at must be a path such as /api/v4 or /, not ${JSON.stringify(at)}.`);
  }
  return { contract, at: at === '/' ? at : at.replace(/\/$/, '') };
}

/** Issues a session of the demo subject in each contract, or the one. Resolves with lines that have a call for each. */
export async function demoCalls(refract: Refract, origin: string, only?: Only): Promise<readonly string[]> {
  const contracts = refract.contracts.filter(({ name }) => only === undefined || name === only.contract);
  const lines: string[] = [];
  for (const { name, settings } of contracts) {
    const issued = await refract.issueDemo(name);
    if (issued.kind === 'refused') continue;
    const call = curl(refract.callOf(name, issued.grant.refresh.token, only?.at), origin);
    lines.push('', `# ${name}: ${howOften(settings)}`, call);
  }
  return lines;
}

function howOften({ policy, gracePeriod }: Refract['contracts'][number]['settings']): string {
  const again = `again within ${String(gracePeriod)} s with the same tokens`;
  switch (policy) {
    case 'single-use':
      return gracePeriod === 0 ? 'works once' : `works once, and ${again}`;
    case 'reusable':
      return gracePeriod === 0 ? 'works as often as you like' : `works as often as you like, ${again}`;
    case 'static':
      return 'works as often as you like; its refresh token never changes';
  }
}

/** The call as one line for a POSIX shell. */
export function curl({ method, path, headers, body }: ExampleCall, origin: string): string {
  const parts = ['curl', '-s', '-X', method, quoted(origin + path)];
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quoted(`${name}: ${value}`));
  if (body !== undefined) parts.push('-d', quoted(body));
  return parts.join(' ');
}

/** One word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
