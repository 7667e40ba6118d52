// Shows by a server's system calls that a response leaves after its commit is on disk. A killed process cannot show that:
// only a power cut loses a commit that was written and not synchronized.
import { realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { contracts, refresh } from '../../test/shared/refreshing.ts';
import { issueSessions, startServerProcess, type ServerProcess } from '../../test/shared/server-process.ts';
import type { Part } from './part.ts';
import { callsIn, straceNeeds, tracing, type Call } from './strace.ts';

export const durable: Part = {
  promise: 'A change is on disk before its response leaves, for one request at a time and for many together.',
  needs: straceNeeds,
  prove: async ({ tree, folder, isQuick, print, violate, expect, stopAtEnd }) => {
    const trace = join(folder, 'calls');
    const under = tracing(trace, [...opening, ...arriving, ...leaving, ...writing, ...waiting]);
    // Only requests write.
    const environment = { REFRACT_PURGE_INTERVAL: '0' };
    const server = stopAtEnd(await startServerProcess({ tree, folder, environment, under }));
    const sent = await sendAll(server, isQuick ? 12 : 100);
    await server.stop();
    const found = checkCalls(callsIn(trace), realpathSync(folder), violate);
    print(`${found.responses} responses in the trace`);
    expect(found.responses === sent, `${sent} responses were received, the trace shows ${found.responses}`);
    return {
      ...{ cases: found.responses, faults: 0 },
      figures: { 'waits for the disk': found.waits, 'responses that shared one with others': found.shared },
    };
  },
};

const opening: readonly string[] = ['listen'];
const arriving: readonly string[] = ['read', 'recvfrom', 'recvmsg'];
const leaving: readonly string[] = ['write', 'writev', 'sendto', 'sendmsg'];
const writing: readonly string[] = ['pwrite64', 'pwritev', 'write', 'writev'];
const waiting: readonly string[] = ['fsync', 'fdatasync'];

/** Sends requests that write, and no others. @returns how many */
async function sendAll(server: ServerProcess, rounds: number): Promise<number> {
  // A static token is renewed without a write.
  const rotating = contracts.filter((contract) => contract !== 'kirjaswappi');
  const clients = (await issueSessions(server, 4 * rotating.length, rotating)).map((one) => ({ ...one }));
  // The subject and the session of each.
  let sent = 2 * clients.length;
  const next = async (one: (typeof clients)[number]): Promise<void> => {
    one.token = await refresh(server.origin, one.contract, one.token);
    sent += 1;
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const one of clients.slice(0, rotating.length)) await next(one);
    await Promise.all(clients.map(next));
  }
  for (const { sessionId } of clients) {
    await server.admin.DELETE('/sessions/{sessionId}', { params: { path: { sessionId } } });
    sent += 1;
  }
  return sent;
}

/** @param folder of the files that must be synchronized */
function checkCalls(calls: readonly Call[], folder: string, violate: (sentence: string) => void) {
  const found = { responses: 0, waits: 0, shared: 0 };
  const unsynced = new Set<string>();
  /** By socket: the number of waits when its pending request arrived. */
  const pending = new Map<string, number>();
  let respondedAt = 0;
  // A server sends requests to itself until it listens.
  const warm = calls.findLastIndex(({ name }) => opening.includes(name));
  for (const [index, { name, on, result = 0 }] of calls.entries()) {
    // Shared memory is rebuilt from the log.
    if (on.startsWith(folder + sep) && !on.endsWith('-shm')) {
      if (writing.includes(name)) unsynced.add(on);
      else if (waiting.includes(name) && result === 0) {
        unsynced.delete(on);
        found.waits += 1;
      }
    } else if (index < warm) continue;
    else if (arriving.includes(name) && result > 0 && on.startsWith('socket:')) {
      if (!pending.has(on)) pending.set(on, found.waits);
    } else if (leaving.includes(name) && pending.has(on)) {
      const waitsBefore = pending.get(on);
      pending.delete(on);
      found.responses += 1;
      if (respondedAt === found.waits) found.shared += 1;
      respondedAt = found.waits;
      // Unsynchronized writes may belong to other pending requests.
      const left = pending.size > 0 ? [] : [...unsynced].map((file) => basename(file));
      const wrong =
        left.length > 0
          ? `left while ${left.join(', ')} was written and not on disk`
          : waitsBefore === found.waits && 'left without a wait for the disk since its request';
      if (wrong !== false) violate(`response ${found.responses} ${wrong}`);
    }
  }
  return found;
}
