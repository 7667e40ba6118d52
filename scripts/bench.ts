/**
 * Measures on this machine, and prints figures. Each part starts and stops what it needs.
 *
 * npm run bench -- saves       how long it takes in `npm run dev` until a saved document is served
 * npm run bench -- instances   one, two and four instances over one PostgreSQL
 */
import { measureInstances } from './bench/instances.ts';
import { measureSaves } from './bench/saves.ts';

const parts: Readonly<Record<string, () => Promise<string>>> = {
  saves: measureSaves,
  instances: measureInstances,
};

const names = process.argv.slice(2);
const unknown = names.find((name) => parts[name] === undefined);
if (unknown === undefined) {
  for (const part of names.length === 0 ? Object.keys(parts) : names) console.log(await parts[part]?.());
} else {
  console.error(`bench: There is no part ${unknown}; there are ${Object.keys(parts).join(', ')}.`);
  process.exitCode = 1;
}
