// The project of a consumer of the package: an empty folder with the tarball and the examples.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { pack } from '../../scripts/package/pack.ts';
import { root } from '../structure/tree.ts';

export interface Consumer {
  readonly folder: string;
  /** Runs a program in the project, with only PATH and HOME of this environment. */
  readonly run: (
    program: string,
    args: readonly string[],
    options?: { readonly in?: string; readonly environment?: Readonly<Record<string, string>> },
  ) => Promise<Ended>;
  /** Bundles a module of the project into one script, with its exports in a global `bundled`. */
  readonly bundle: (module: string) => Promise<string>;
  readonly remove: () => void;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Further packages of the examples, which are installed here. */
const others = ['axios', 'react', 'react-dom', '@types/node', '@types/react', '@types/react-dom'];

/** @param also further packages to install, as npm arguments */
export async function makeConsumer(also: readonly string[] = []): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-consumer-'));
  const run: Consumer['run'] = (program, args, options = {}) =>
    runIn(join(folder, options.in ?? '.'), program, args, options.environment);
  const consumer: Consumer = {
    folder,
    run,
    bundle: (module) => bundled(join(folder, module)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', pack(folder), ...also];
    const installed = await run('npm', args, { environment: registryEnvironment() });
    if (installed.code !== 0) throw new Error(installed.output);
    for (const name of others) {
      const place = join(folder, 'node_modules', name);
      mkdirSync(dirname(place), { recursive: true });
      rmSync(place, { recursive: true, force: true });
      symlinkSync(join(root, 'node_modules', name), place);
    }
    for (const part of ['clients', 'consumer']) {
      cpSync(join(root, 'test', 'examples', part), join(folder, part), { recursive: true });
    }
    return consumer;
  } catch (reason) {
    consumer.remove();
    throw reason;
  }
}

/** Returns the proxy and certificate settings of this machine's npm. */
function registryEnvironment(): Readonly<Record<string, string>> {
  const known = /^(node_extra_ca_certs|ssl_cert_(file|dir)|(https?|no)_proxy|npm_config_(cafile|registry|cache))$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && known.test(name) ? [[name, value]] : [],
    ),
  );
}

function runIn(
  cwd: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { PATH, HOME, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const add = (chunk: unknown): void => {
      output += String(chunk);
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

async function bundled(input: string): Promise<string> {
  const define = { 'process.env.NODE_ENV': '"production"' };
  const bundle = await rolldown({ input, platform: 'browser', transform: { define }, logLevel: 'warn' });
  try {
    const { output } = await bundle.generate({ format: 'iife', name: 'bundled' });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}
