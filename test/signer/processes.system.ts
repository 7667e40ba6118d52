// The first start of several processes on one folder.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../shared/folder.ts';
import { runAtOnce } from '../shared/processes.ts';

test('simultaneous first starts create one key set per contract, under one secret', async () => {
  const folder = temporaryFolder();
  const started = await runAtOnce(new URL('process.ts', import.meta.url), [[folder], [folder], [folder]]);
  expect(started).toHaveLength(3);
  const [first] = started as { keyIds: string[]; tokens: string[] }[];
  expect([first?.keyIds.length, first?.tokens.length]).toEqual([4, 4]);
  for (const other of started) expect(other).toEqual(first);
  expect(readdirSync(folder).filter((name) => name.startsWith('master.key'))).toEqual(['master.key']);
});
