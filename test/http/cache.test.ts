import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { withCache } from '../../src/http/documents/cache.ts';
import { temporaryFolder } from '../shared/folder.ts';

const origin = { name: 'one', text: 'text', files: [import.meta.url] };

/** How often the work was done. */
let times = 0;
beforeEach(() => {
  times = 0;
});
function work(): { readonly done: number; readonly left: undefined } {
  times += 1;
  return { done: times, left: undefined };
}

test('what was worked out of a document is found again for the same text and the same code', () => {
  const folder = temporaryFolder();
  const first = withCache(origin, work, folder);
  expect(withCache(origin, work, folder)).toStrictEqual(first);
  expect(times).toBe(1);
});

test('for another text, and where it depends on something else, it is worked out anew', () => {
  const folder = temporaryFolder();
  const otherText = { ...origin, text: 'another' };
  const module = join(folder, 'module.ts');
  writeFileSync(module, '');
  const otherCode = { ...otherText, files: [...origin.files, pathToFileURL(module).href] };
  for (const each of [origin, otherText, otherCode, otherCode]) withCache(each, work, folder);
  expect(times).toBe(3);
});

test('where what it depends on cannot be read, it is worked out every time and kept nowhere', () => {
  const folder = temporaryFolder();
  const missing = { ...origin, files: [pathToFileURL(join(folder, 'missing.ts')).href] };
  withCache(missing, work, folder);
  expect(withCache(missing, work, folder).done).toBe(2);
  expect(readdirSync(folder)).not.toContain('document-one');
});

test('what the work throws is thrown every time, and nothing is kept', () => {
  const folder = temporaryFolder();
  const failing = (): never => {
    times += 1;
    throw new Error('no document');
  };
  expect(() => withCache(origin, failing, folder)).toThrow('no document');
  expect(() => withCache(origin, failing, folder)).toThrow('no document');
  expect(times).toBe(2);
  expect(readdirSync(folder)).not.toContain('document-one');
});

test('where what is kept is no such thing, it is worked out anew and kept', () => {
  const folder = temporaryFolder();
  for (const broken of ['', 'not what was written', '{}']) {
    writeFileSync(join(folder, 'document-one'), broken);
    withCache(origin, work, folder);
    withCache(origin, work, folder);
  }
  expect(times).toBe(3);
});

test('where it cannot be kept, or is to be kept nowhere, it is worked out every time', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'document-one'));
  expect(withCache(origin, work, folder).done).toBe(1);
  expect(withCache(origin, work, folder).done).toBe(2);
  expect(withCache(origin, work, join(folder, 'nowhere')).done).toBe(3);
  expect(readdirSync(folder).filter((file) => file.startsWith('document-'))).toEqual(['document-one']);
});
