// Ready-to-paste calls: a fresh demo session in every contract, and the call each document shows.
import type { ExampleCall, Refract } from '../app/app.ts';
import { print } from './command.ts';
import type { Only } from './only.ts';

/** Issues a session of the demo subject in each contract, or the one, and prints a call for it. */
export async function printDemoCalls(refract: Refract, origin: string, only: Only | undefined): Promise<void> {
  for (const line of await demoCalls(refract, origin, only)) print(line);
}

/** The lines that are printed. */
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
