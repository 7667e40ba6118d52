// One of several programs that share a session in a folder: opens it, and asks for another token when it is told to.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { xerial } from '../../src/client/xerial.ts';
import { createSession } from '../../src/client/session.ts';

const [origin = '', folder = ''] = process.argv.slice(2);
const fileOf = (key: string): string => join(folder, encodeURIComponent(key));
mkdirSync(folder, { recursive: true });

const session = createSession({
  contract: xerial,
  origin,
  storage: {
    getItem: (key) => {
      try {
        const found = readFileSync(fileOf(key), 'utf8');
        if (key.endsWith(':lease')) console.log('leased');
        return found;
      } catch {
        return null;
      }
    },
    setItem: (key, value) => {
      writeFileSync(`${fileOf(key)}.${process.pid}`, value);
      renameSync(`${fileOf(key)}.${process.pid}`, fileOf(key));
    },
    removeItem: (key) => rmSync(fileOf(key), { force: true }),
  },
});
const present = await session.accessToken();
process.stdin.once('data', () => {
  void session.accessTokenAfter(present).then((token) => {
    console.log(`token ${token}`);
    session.close();
    process.stdin.destroy();
  });
});
console.log('ready');
