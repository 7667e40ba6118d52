// One of several programs that share a session in a folder: opens it, and refreshes it when it gets a line of input.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { xerial } from '../../src/client/xerial.ts';
import { createSession } from '../../src/client/session.ts';

const [origin = '', folder = ''] = process.argv.slice(2);
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const fileOf = (key: string): string => join(folder, encodeURIComponent(key));
mkdirSync(folder, { recursive: true });

const session = createSession({
  contract: xerial,
  origin,
  storage: {
    getItem: (key) => {
      try {
        const found = readFileSync(fileOf(key), 'utf8');
        if (key.endsWith(':lease')) tell('leased');
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
  session.accessTokenAfter(present).then(
    (token) => {
      tell(`token ${token}`);
      session.close();
      process.stdin.destroy();
    },
    (reason: unknown) => tell(String(reason)),
  );
});
tell('ready');
