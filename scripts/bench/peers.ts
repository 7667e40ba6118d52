// Refract beside other servers that refresh tokens, each refreshed in its own way by the same load. The peers do less:
// none holds requests and replies against a document, and their refresh tokens have no signature to verify.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptFigures, measureInTurn } from './in-turn.ts';
import { startPeers } from './peers/start.ts';
import type { RatioWanted } from './summary.ts';
import { startTargets } from './targets.ts';

const own = 'refract xerial 64';
const echo = 'validated xerial 64';

const ratios: readonly RatioWanted[] = [
  { of: 'Refract ÷ validated echo', lower: echo, wanted: '≥ 1.0' },
  { of: 'Refract ÷ node-oidc-provider, SQLite, JWT', lower: 'oidc-provider sqlite jwt 64', wanted: '≥ 3.5' },
  { of: 'Refract ÷ node-oidc-provider, SQLite, opaque', lower: 'oidc-provider sqlite opaque 64' },
  { of: 'Refract, durable ÷ node-oidc-provider, memory, JWT', lower: 'oidc-provider memory jwt 64' },
  { of: 'Refract, durable ÷ node-oidc-provider, memory, opaque', lower: 'oidc-provider memory opaque 64' },
  { of: 'Refract ÷ oauth2-server, SQLite, JWT', lower: 'oauth2-server sqlite jwt 64', wanted: '≥ 2.5' },
  { of: 'Refract ÷ oauth2-server, SQLite, opaque', lower: 'oauth2-server sqlite opaque 64', wanted: '≥ 2.5' },
  // Ours is on Express, as is the one before.
  { of: 'Refract ÷ oauth2-server without Express, SQLite, JWT', lower: 'oauth2-server bare sqlite jwt 64' },
  { of: 'Refract ÷ oauth2-server without Express, SQLite, opaque', lower: 'oauth2-server bare sqlite opaque 64' },
  { of: 'Refract, durable ÷ oauth2-server, memory, JWT', lower: 'oauth2-server memory jwt 64' },
  { of: 'Refract, durable ÷ oauth2-server, memory, opaque', lower: 'oauth2-server memory opaque 64' },
  { of: 'Refract ÷ glewlwyd, SQLite in WAL mode', lower: 'glewlwyd sqlite jwt 64', wanted: '≥ 20' },
]
  .map((ratio): RatioWanted => ({ ...ratio, upper: own }))
  .concat(
    // No refresh can cost less than the validated exchange that it is part of: this is where ours would end at best.
    { of: 'validated echo ÷ node-oidc-provider, SQLite, JWT', upper: echo, lower: 'oidc-provider sqlite jwt 64' },
    { of: 'validated echo ÷ oauth2-server, SQLite, JWT', upper: echo, lower: 'oauth2-server sqlite jwt 64' },
    { of: 'validated echo ÷ oauth2-server, SQLite, opaque', upper: echo, lower: 'oauth2-server sqlite opaque 64' },
  );

/** @returns the figures as text; they are also kept in `var/bench` */
export async function measurePeers(isFull: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-bench-'));
  const stops: (() => Promise<void>)[] = [];
  try {
    const refract = await startTargets(folder, {
      refract: [['xerial', 64]],
      variants: [],
      echoes: [['validated', 'xerial', [64]]],
    });
    stops.push(refract.stop);
    const peers = await startPeers(folder, 64);
    stops.push(peers.stop);
    const targets = [...refract.all, ...peers.all];
    const measured = await measureInTurn(
      targets,
      isFull ? { rounds: 5, seconds: 6 } : { rounds: 3, seconds: 2 },
      folder,
    );
    const known = ratios.filter(({ lower }) => measured.rounds[lower] !== undefined);
    return [keptFigures('peers', measured, known), '', ...peers.missing].join('\n').trimEnd();
  } finally {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
