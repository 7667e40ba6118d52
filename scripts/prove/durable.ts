// What is answered is on disk, shown by the system calls of a server: a killed process loses no commit that was written
// and not waited for; only a power cut does.
import { realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { contracts, refresh } from '../../test/shared/refreshing.ts';
import type { Part } from './part.ts';
import { issueMany, startProcess, type ServerProcess } from './serving.ts';
import { callsIn, traceNeeds, tracing, type Call } from './traced.ts';

export const durable: Part = {
  promise: 'Whatever is answered as done was on disk before the answer left, one request at a time and many together.',
  needs: traceNeeds,
  prove: async ({ tree, folder, isQuick, say, stopAfter }) => {
    const trace = join(folder, 'calls');
    const under = tracing(trace, [...opening, ...arriving, ...leaving, ...writing, ...waiting]);
    // Only a request shall write.
    const environment = { REFRACT_PURGE_INTERVAL: '0' };
    const server = stopAfter(await startProcess({ tree, folder, environment, under }));
    const asked = await askAll(server, isQuick ? 12 : 100);
    await server.stop();
    const found = judge(callsIn(trace), realpathSync(folder));
    say(`${found.answers} answers in the trace`);
    const isSeen = found.answers === asked;
    return {
      cases: found.answers,
      faults: 0,
      violations: [
        ...(isSeen ? [] : [`${asked} were answered, the trace shows ${found.answers}`]),
        ...found.violations,
      ],
      figures: { 'waits for the disk': found.waits, 'answers that shared one with others': found.shared },
    };
  },
};

const opening: readonly string[] = ['listen'];
const arriving: readonly string[] = ['read', 'recvfrom', 'recvmsg'];
const leaving: readonly string[] = ['write', 'writev', 'sendto', 'sendmsg'];
const writing: readonly string[] = ['pwrite64', 'pwritev', 'write', 'writev'];
const waiting: readonly string[] = ['fsync', 'fdatasync'];

/** Sends requests that write, and no others. @returns how many */
async function askAll(server: ServerProcess, rounds: number): Promise<number> {
  // A static token is renewed without a write.
  const rotating = contracts.filter((contract) => contract !== 'kirjaswappi');
  const crowd = (await issueMany(server, 4 * rotating.length, rotating)).map((one) => ({ ...one }));
  // The subject and the session of each.
  let asked = 2 * crowd.length;
  const next = async (one: (typeof crowd)[number]): Promise<void> => {
    one.token = await refresh(server.origin, one.contract, one.token);
    asked += 1;
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const one of crowd.slice(0, rotating.length)) await next(one);
    await Promise.all(crowd.map(next));
  }
  for (const { sessionId } of crowd) {
    await server.admin.DELETE('/sessions/{sessionId}', { params: { path: { sessionId } } });
    asked += 1;
  }
  return asked;
}

interface Found {
  answers: number;
  waits: number;
  shared: number;
  readonly violations: string[];
}

/** @param folder whose files have to be waited for */
function judge(calls: readonly Call[], folder: string): Found {
  const found: Found = { answers: 0, waits: 0, shared: 0, violations: [] };
  const unsynced = new Set<string>();
  /** By socket: how often the disk had been waited for when its pending request came. */
  const open = new Map<string, number>();
  let answeredAt = 0;
  // Until it listens, a server sends requests to itself.
  const warm = calls.findLastIndex(({ name }) => opening.includes(name));
  for (const [index, { name, on, result = 0 }] of calls.entries()) {
    // Shared memory is made anew from the log.
    if (on.startsWith(folder + sep) && !on.endsWith('-shm')) {
      if (writing.includes(name)) unsynced.add(on);
      else if (waiting.includes(name) && result === 0) {
        unsynced.delete(on);
        found.waits += 1;
      }
    } else if (index < warm) continue;
    else if (arriving.includes(name) && result > 0 && on.startsWith('socket:')) {
      if (!open.has(on)) open.set(on, found.waits);
    } else if (leaving.includes(name) && open.has(on)) {
      const waitsBefore = open.get(on);
      open.delete(on);
      found.answers += 1;
      if (answeredAt === found.waits) found.shared += 1;
      answeredAt = found.waits;
      // While other requests are pending, what is not on disk yet may be theirs.
      const left = open.size > 0 ? [] : [...unsynced].map((file) => basename(file));
      const wrong =
        left.length > 0
          ? `left while ${left.join(', ')} was written and not on disk`
          : waitsBefore === found.waits && 'left without a wait for the disk since its request';
      if (wrong !== false) found.violations.push(`answer ${found.answers} ${wrong}`);
    }
  }
  return found;
}
