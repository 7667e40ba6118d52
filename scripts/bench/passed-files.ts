// The source files that one granted refresh passes: those of which a function runs between the arrival of the request and
// the end of the response, on any thread, in the default configuration. Comes from V8's coverage.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { refresh } from '../../test/shared/refreshing.ts';
import { startProcess } from '../prove/serving.ts';
import { root, type Bench } from './targets.ts';

/** In every thread: writes the coverage since the last time when the main thread gets the signal. */
const preloaded = `data:text/javascript,
  import { takeCoverage } from 'node:v8';
  import { isMainThread } from 'node:worker_threads';
  const channel = new BroadcastChannel('coverage');
  channel.onmessage = () => takeCoverage();
  channel.unref();
  if (isMainThread) process.on('SIGUSR2', () => { channel.postMessage('take'); takeCoverage(); });`;

/** As Node writes it (Chrome DevTools Protocol, `Profiler.ScriptCoverage`). */
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/** A file of the refresh is in every round. What a timer runs each second is not: a round takes a quarter of a second. */
const rounds = 8;
const coverageMs = 125;

/** @returns the files, one a line */
export async function listPassedFiles({ folder, atEnd }: Bench): Promise<string> {
  const coverage = join(folder, 'coverage');
  const nodeArguments = ['--import', preloaded.replaceAll('\n', '')];
  const environment = { NODE_V8_COVERAGE: coverage };
  const server = await startProcess({ tree: root, folder, nodeArguments, environment });
  atEnd(server.stop);
  let { token } = await server.issue('xerial', 'bob');
  token = await refresh(server.origin, 'xerial', token);
  const take = async (): Promise<readonly string[]> => {
    process.kill(server.pid, 'SIGUSR2');
    await setTimeout(coverageMs);
    const taken = readdirSync(coverage).map(
      // Written by Node a moment ago.
      (name) => JSON.parse(readFileSync(join(coverage, name), 'utf8')) as Coverage,
    );
    rmSync(coverage, { recursive: true });
    const called = taken.flatMap(({ result }) =>
      result.filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0)),
    );
    return called.flatMap(({ url }) => url.split(`${root}/src/`)[1] ?? []);
  };
  const lists: ReadonlySet<string>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await take();
    token = await refresh(server.origin, 'xerial', token);
    lists.push(new Set(await take()));
  }
  const files = [...(lists[0] ?? [])].filter((file) => lists.every((list) => list.has(file)));
  return `${String(files.length)} files pass a refresh\n${files.sort().join('\n')}`;
}
