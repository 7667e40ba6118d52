import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { withCache } from '../../src/http/documents/cache.ts';
import { temporaryFolder } from '../shared/folder.ts';

const origin = { name: 'one', text: 'text', files: [import.meta.url] };

/** Calls of the work. */
let times = 0;
beforeEach(() => {
  times = 0;
});
function work(): { readonly done: number; readonly left: undefined } {
  times += 1;
  return { done: times, left: undefined };
}

test('withCache() returns a cached result for the same text and the same code', () => {
  const folder = temporaryFolder();
  const first = withCache(origin, work, folder);
  expect(withCache(origin, work, folder)).toStrictEqual(first);
  expect(times).toBe(1);
});

test('withCache() calls the work again for another text or other files', () => {
  const folder = temporaryFolder();
  const otherText = { ...origin, text: 'another' };
  const module = join(folder, 'module.ts');
  writeFileSync(module, '');
  const otherCode = { ...otherText, files: [...origin.files, pathToFileURL(module).href] };
  for (const each of [origin, otherText, otherCode, otherCode]) withCache(each, work, folder);
  expect(times).toBe(3);
});

test('withCache() caches nothing if a file cannot be read', () => {
  const folder = temporaryFolder();
  const missing = { ...origin, files: [pathToFileURL(join(folder, 'missing.ts')).href] };
  withCache(missing, work, folder);
  expect(withCache(missing, work, folder).done).toBe(2);
  expect(readdirSync(folder)).not.toContain('document-one');
});

test('withCache() does not cache errors', () => {
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

test('withCache() replaces a broken cache file', () => {
  const folder = temporaryFolder();
  for (const broken of ['', 'not what was written', '{}']) {
    writeFileSync(join(folder, 'document-one'), broken);
    withCache(origin, work, folder);
    withCache(origin, work, folder);
  }
  expect(times).toBe(3);
});

test('withCache() works without a writable folder', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'document-one'));
  expect(withCache(origin, work, folder).done).toBe(1);
  expect(withCache(origin, work, folder).done).toBe(2);
  expect(withCache(origin, work, join(folder, 'nowhere')).done).toBe(3);
  expect(readdirSync(folder).filter((file) => file.startsWith('document-'))).toEqual(['document-one']);
});
