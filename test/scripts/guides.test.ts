// The guides are correct: each link, path, setting, script and flag in them exists.
import { posix } from 'node:path';
import { expect } from 'vitest';
import { contractSettings, namedFor, settings } from '../../src/config.ts';
import { test, type Place } from '../shared/cli.ts';
import { contracts } from '../shared/refreshing.ts';
import { listFiles, read } from '../structure/tree.ts';

const files = new Set(listFiles());
const guides = Array.from(files).filter((file) => file.endsWith('.md') && !file.includes('/results/'));
const folders = new Set(Array.from(files, (file) => parentsOf(file)).flat());

test.for(guides)('%s: every link and anchor has a target', (guide) => {
  expect(deadLinks(guide, read(guide))).toEqual([]);
});

test.for(guides)('%s: every path, setting, script and flag exists', (guide) => {
  const text = read(guide);
  expect([...missingPaths(guide, text), ...unknownSettings(text), ...unknownScripts(text)]).toEqual([]);
});

test('every flag of a refract command in a guide is in the help of that command', async ({ place }) => {
  const used = guides.flatMap((guide) =>
    refractCalls(read(guide)).flatMap(({ words, flags }) => flags.map((flag) => ({ guide, words, flag }))),
  );
  expect(used.length).toBeGreaterThan(10);
  const wrong: string[] = [];
  for (const { guide, words, flag } of used) {
    if (!(await helpOf(place, words)).includes(flag)) wrong.push(`${guide}: refract ${words.join(' ')} has no ${flag}`);
  }
  expect(wrong).toEqual([]);
});

test('a broken link, anchor, path, setting, script or flag in a guide is found', async ({ place }) => {
  expect(deadLinks('README.md', '# A\n[a](nowhere.md) [b](#b) [c](src/README.md#none) [d](#a)')).toHaveLength(3);
  expect(missingPaths('README.md', 'see `src/nowhere.ts` and `src/README.md`')).toHaveLength(1);
  expect(unknownSettings('`REFRACT_NONE` `REFRACT_XERIAL_NONE` `REFRACT_XERIAL_POLICY` `REFRACT_DB`')).toHaveLength(2);
  expect(unknownScripts('`npm run nothing` `npm run mock`')).toHaveLength(1);
  expect(refractCalls('```sh\nrefract keys list --none\n```')).toEqual([
    { words: ['keys', 'list'], flags: ['--none'] },
  ]);
  expect(await helpOf(place, ['keys', 'list'])).not.toContain('--none');
});

function parentsOf(file: string): readonly string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function doesExist(path: string): boolean {
  const clean = path.replace(/\/$/, '');
  return files.has(clean) || folders.has(clean) || clean === '.' || clean === '';
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function deadLinks(guide: string, text: string): readonly string[] {
  const links = Array.from(withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? guide : posix.join(posix.dirname(guide), path);
    if (!doesExist(target)) return true;
    return anchor !== undefined && !anchorsOf(target === guide ? text : read(target)).includes(anchor);
  });
}

/** The anchors that GitHub gives the headings. */
function anchorsOf(text: string): readonly string[] {
  const headings = Array.from(
    text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm),
    ([, heading = '']) => heading,
  );
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

/** Paths of the tree in backticks, from the root or from the guide's folder. */
function missingPaths(guide: string, text: string): readonly string[] {
  const named = Array.from(text.matchAll(/`((?:src|test|scripts|openapi|generated|\.github|\.ci)\/[\w./-]+)`/g));
  const paths = named.map(([, path = '']) => path).filter((path) => !/NAME|(^|\/)(x|oauth)\./.test(path));
  return paths.filter((path) => !doesExist(path) && !doesExist(posix.join(posix.dirname(guide), path)));
}

function unknownSettings(text: string): readonly string[] {
  const known = new Set([
    ...Object.values(settings).map(({ variable }) => variable),
    ...contracts.flatMap((contract) =>
      Object.values(contractSettings).map((one) => namedFor<unknown>(contract, one).variable),
    ),
  ]);
  const named = Array.from(text.matchAll(/\bREFRACT_[A-Z_]+[A-Z]\b(?!<)/g), ([name]) => name);
  return named.filter((name) => !known.has(name));
}

function unknownScripts(text: string): readonly string[] {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  const named = Array.from(text.matchAll(/\bnpm run (?:-s |--silent )?([a-z][\w:-]*)/g), ([, name = '']) => name);
  return named.filter((name) => !(name in scripts));
}

interface RefractCall {
  readonly words: readonly string[];
  readonly flags: readonly string[];
}

/** The calls of `refract` in command blocks and in backticks. */
function refractCalls(text: string): readonly RefractCall[] {
  const calls = text.matchAll(/(?:^|[;|`&] *|-- )refract(?: --)? ([a-z][^\n`|;#&]*)/gm);
  return Array.from(calls, ([, rest = '']) => {
    const words = rest.trim().split(/\s+/);
    const end = words.findIndex((word) => !/^[a-z]+$/.test(word));
    return {
      words: words.slice(0, end === -1 ? words.length : end).slice(0, 2),
      flags: words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/=.*/, '')),
    };
  });
}

/** The help of the command that the words begin with. */
async function helpOf(place: Place, words: readonly string[]): Promise<string> {
  return (await place.refract(...words, '--help')).stdout;
}
