// What is answered is on disk: shown by the system calls of a server, since no process that is killed, and only a power
// cut, would miss a commit that was written and not waited for.
import { realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { contracts, refresh, type ContractName } from '../../test/shared/refreshing.ts';
import type { Part } from './part.ts';
import { startProcess, type ServerProcess } from './serving.ts';
import { callsIn, traceNeeds, tracing, type Call } from './traced.ts';

export const durable: Part = {
  promise: 'Whatever is answered as done was on disk before the answer left, one request at a time and many together.',
  needs: traceNeeds,
  prove: async ({ tree, folder, isQuick, say }) => {
    const trace = join(folder, 'calls');
    const server = await startProcess({
      tree,
      folder,
      // Nobody but who asks shall write.
      environment: { REFRACT_PURGE_INTERVAL: '0' },
      under: tracing(trace, [...opening, ...arriving, ...leaving, ...writing, ...waiting]),
    });
    const asked = await askAll(server, isQuick ? 12 : 100).finally(server.stop);
    const found = judge(callsIn(trace), realpathSync(folder));
    say(`${String(found.answers)} answers in the trace`);
    return {
      cases: found.answers,
      faults: 0,
      violations: [
        // What is not seen shows nothing.
        ...(found.answers === asked
          ? []
          : [`${String(asked)} were answered, the trace shows ${String(found.answers)}`]),
        ...found.violations,
      ],
      figures: {
        'waits for the disk': found.waits,
        'answers that shared one with others': found.shared,
      },
    };
  },
};

const opening: readonly string[] = ['listen'];
const arriving: readonly string[] = ['read', 'recvfrom', 'recvmsg'];
const leaving: readonly string[] = ['write', 'writev', 'sendto', 'sendmsg'];
const writing: readonly string[] = ['pwrite64', 'pwritev', 'write', 'writev'];
const waiting: readonly string[] = ['fsync', 'fdatasync'];

/** Static tokens are renewed without a write. */
const rotating = contracts.filter((contract) => contract !== 'kirjaswappi');

/** Asks for what has to be written, and for nothing else. @returns how often */
async function askAll(server: ServerProcess, rounds: number): Promise<number> {
  const crowd: { contract: ContractName; sessionId: string; token: string }[] = [];
  let asked = 0;
  for (let index = 0; index < 4 * rotating.length; index += 1) {
    const contract = rotating[index % rotating.length] ?? 'xerial';
    crowd.push({ contract, ...(await server.issue(contract, `subject ${String(index)}`)) });
    // The subject and the session.
    asked += 2;
  }
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

/** @param folder what of it is written has to be waited for */
function judge(calls: readonly Call[], folder: string): Found {
  const found: Found = { answers: 0, waits: 0, shared: 0, violations: [] };
  const unsynced = new Set<string>();
  /** By socket, how often the disk had been waited for when the request came that is not answered yet. */
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
      // While others are under way, what is not on disk yet may be theirs: another thread writes it.
      const left = open.size > 0 ? [] : [...unsynced].map((file) => basename(file));
      if (left.length > 0) violate(found, `left while ${left.join(', ')} was written and not on disk`);
      else if (waitsBefore === found.waits) violate(found, 'left without a wait for the disk since its request');
    }
  }
  return found;
}

function violate(found: Found, what: string): void {
  found.violations.push(`answer ${String(found.answers)} ${what}`);
}
