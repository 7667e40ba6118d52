// A Node worker, or any program without a browser: the session is stored in a folder, which several programs can share
// and which survives a restart.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { orillion } from 'refract/client/orillion';
import { createSession, type SessionStorage } from 'refract/session';

const { origin, api, folder, tokens } = workerData;

const storage: SessionStorage = {
  getItem: (key) => readFile(fileOf(key), 'utf8').catch(() => null),
  setItem: async (key, value) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unfinished = `${fileOf(key)}.${Math.random().toString(36).slice(2)}`;
    await writeFile(unfinished, value, { mode: 0o600 });
    await rename(unfinished, fileOf(key));
  },
  removeItem: (key) => rm(fileOf(key), { force: true }),
};

const session = createSession({ contract: orillion, origin, tokens, storage, sendTo: [api] });
const response = await session.fetch(`${api}/profile`);
parentPort?.postMessage(await response.json());
session.close();

function fileOf(key: string): string {
  return join(folder, encodeURIComponent(key));
}
