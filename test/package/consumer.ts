// A project of somebody who installs the package: an empty folder, the tarball, and the examples as files of its own.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { pack } from '../../scripts/package/pack.ts';
import { root } from '../structure/tree.ts';

export interface Consumer {
  readonly folder: string;
  /** Runs a program there to its end, with nothing of this run's own environment but where programs are. */
  readonly run: (
    program: string,
    args: readonly string[],
    options?: { readonly in?: string; readonly environment?: Readonly<Record<string, string>> },
  ) => Promise<Ended>;
  /** One script of a module of the project and all that it imports. What it exports is `bundled`, globally. */
  readonly bundle: (module: string) => Promise<string>;
  readonly remove: () => void;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** What the examples use beside the package; it is installed here already. */
const others = ['axios', 'react', 'react-dom', '@types/node', '@types/react', '@types/react-dom'];

/** @param also what else is installed, as npm is told it */
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
    const installed = await run('npm', args, { environment: wayToRegistry() });
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

/** Through which proxy, and by which certificates, this machine's npm gets at packages. */
function wayToRegistry(): Readonly<Record<string, string>> {
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
