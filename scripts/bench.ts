/**
 * Measures on this machine, and prints figures. Each part starts and stops what it needs.
 *
 * npm run bench -- refreshes   what a refresh costs beside the same exchange without one; also to var/bench
 * npm run bench -- peers       the same beside other servers that refresh tokens; installs them when asked for the first time
 * npm run bench -- scale       from a thousand sessions to a million: speed, size, growth, start and purge; ten million with --full
 * npm run bench -- memory      what a server holds, idle and after many refreshes
 * npm run bench -- profile     where the time of a refresh goes, by stage and by function
 * npm run bench -- saves       how long it takes in `npm run dev` until a saved document is served
 * npm run bench -- instances   one, two and four instances over one PostgreSQL
 *
 * Without a part it is refreshes. With --full there are more rounds of all, and longer ones; without a part it is then
 * refreshes, peers, scale and memory. With --show the README shows the results from the next `npm run generate` on.
 */
import { measureInstances } from './bench/instances.ts';
import { measureMemory } from './bench/memory.ts';
import { measurePeers } from './bench/peers.ts';
import { profileRefreshes } from './bench/profile.ts';
import { measureRefreshes } from './bench/refreshes.ts';
import { measureSaves } from './bench/saves.ts';
import { measureScale } from './bench/scale.ts';

const parts: Readonly<Record<string, (isFull: boolean) => Promise<string>>> = {
  refreshes: measureRefreshes,
  peers: measurePeers,
  scale: measureScale,
  memory: measureMemory,
  profile: profileRefreshes,
  saves: measureSaves,
  instances: measureInstances,
};

const isFull = process.argv.includes('--full');
const names = process.argv.slice(2).filter((argument) => !['--full', '--show'].includes(argument));
const unknown = names.find((name) => parts[name] === undefined);
if (unknown === undefined) {
  const usual = isFull ? ['refreshes', 'peers', 'scale', 'memory'] : ['refreshes'];
  for (const part of names.length === 0 ? usual : names) console.log(await parts[part]?.(isFull));
} else {
  console.error(`bench: There is no part ${unknown}; there are ${Object.keys(parts).join(', ')}.`);
  process.exitCode = 1;
}
