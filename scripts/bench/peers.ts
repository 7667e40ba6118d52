// Refract beside other servers that refresh tokens, under the same load. The peers do less: none validates requests and
// responses against a document, and their refresh tokens have no signature to verify.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { missingPackages } from './ab.ts';
import type { OtherCall } from './load.ts';
import type { PeerServed } from './peers/peer.ts';
import { measureInTurn, saveFigures, type Ratio } from './rounds.ts';
import { echoTargets, refractTarget, startProgram, startRefract, targetOf, type Bench } from './targets.ts';

const clients = 64;
const own = 'refract xerial 64';
const echo = 'validated xerial 64';

const ratios: readonly Ratio[] = [
  { of: 'Refract ÷ validated echo', upper: own, lower: echo, wanted: '≥ 1.0' },
  { of: 'Refract ÷ node-oidc-provider, JWT', upper: own, lower: 'oidc-provider jwt', wanted: '≥ 3.5' },
  { of: 'Refract ÷ node-oidc-provider, opaque', upper: own, lower: 'oidc-provider opaque' },
  { of: 'Refract ÷ oauth2-server, JWT', upper: own, lower: 'oauth2-server jwt', wanted: '≥ 2.5' },
  { of: 'Refract ÷ oauth2-server, opaque', upper: own, lower: 'oauth2-server opaque', wanted: '≥ 2.5' },
  // A refresh cannot cost less than the validated exchange around it: the upper limit of ours.
  { of: 'validated echo ÷ node-oidc-provider, JWT', upper: echo, lower: 'oidc-provider jwt' },
  { of: 'validated echo ÷ oauth2-server, JWT', upper: echo, lower: 'oauth2-server jwt' },
];

/** @returns the figures as text; they are also written to `var/bench` */
export async function measurePeers(bench: Bench): Promise<string> {
  const server = await startRefract(bench, 'refract');
  const targets = await echoTargets(bench, server, 'validated', 'xerial', [clients]);
  targets.push(await refractTarget(server, 'refract', 'xerial', clients));
  const isInstalled = install();
  for (const peer of isInstalled ? ['oidc-provider', 'oauth2-server'] : []) {
    for (const format of ['jwt', 'opaque']) {
      const program = `scripts/bench/peers/${peer}.js`;
      const file = join(bench.folder, `${peer}-${format}.db`);
      const { line, pid } = await startProgram(bench, program, [file, format, String(clients)]);
      // Printed by `servePeer`.
      const { origin, tokens } = JSON.parse(line) as PeerServed;
      targets.push(targetOf(`${peer} ${format}`, [pid], { origins: [origin], contract: 'xerial', tokens, call }));
    }
  }
  const figures = saveFigures('peers', await measureInTurn(bench, targets), ratios);
  return isInstalled ? figures : `${figures}\nNo peer was measured: npm ci failed in scripts/bench, see above.`;
}

/** RFC 6749 §6, for a public client. */
const call: OtherCall = {
  method: 'POST',
  path: '/token',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'grant_type=refresh_token&client_id=bench&refresh_token=TOKEN',
  successor: 'refresh_token',
};

/** Installs the peers, which only the bench needs. @returns whether they are installed */
function install(): boolean {
  const bench = import.meta.dirname;
  if (missingPackages(bench, join(bench, 'node_modules')).length === 0) return true;
  console.error('Installing the peers of the bench in scripts/bench (once, 4 MB) …');
  const flags = ['--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'];
  const { status } = spawnSync('npm', ['ci', ...flags], {
    cwd: bench,
    stdio: ['ignore', 2, 2],
    // npm passes the settings of its own script on; this folder must win over them.
    env: { ...process.env, npm_config_local_prefix: bench },
  });
  return status === 0;
}
