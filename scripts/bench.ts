/**
 * Measures on this machine, and prints figures. Each part starts and stops what it needs.
 *
 * npm run bench -- refreshes   what a refresh costs beside the same exchange without one; also to var/bench
 * npm run bench -- profile     where the time of a refresh goes, by stage and by function
 * npm run bench -- saves       how long it takes in `npm run dev` until a saved document is served
 * npm run bench -- instances   one, two and four instances over one PostgreSQL
 *
 * Without a part it is refreshes. With --full there are more rounds of them, and longer ones.
 */
import { measureInstances } from './bench/instances.ts';
import { profileRefreshes } from './bench/profile.ts';
import { measureRefreshes } from './bench/refreshes.ts';
import { measureSaves } from './bench/saves.ts';

const parts: Readonly<Record<string, (isFull: boolean) => Promise<string>>> = {
  refreshes: measureRefreshes,
  profile: profileRefreshes,
  saves: measureSaves,
  instances: measureInstances,
};

const isFull = process.argv.includes('--full');
const names = process.argv.slice(2).filter((argument) => argument !== '--full');
const unknown = names.find((name) => parts[name] === undefined);
if (unknown === undefined) {
  for (const part of names.length === 0 ? ['refreshes'] : names) console.log(await parts[part]?.(isFull));
} else {
  console.error(`bench: There is no part ${unknown}; there are ${Object.keys(parts).join(', ')}.`);
  process.exitCode = 1;
}
