// Modules of ours as a browser loads them, with everything that they import: the very files that consumers import, from
// the clone with their types taken out, from what tsc builds as they are.
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Page } from '../http/types.ts';
import { textHeaders } from './headers.ts';
import { paths } from './paths.ts';

/** What the folders of the modules are in. */
const root = new URL('../../', import.meta.url);

/** That of this very file: a clone has `.ts` everywhere, what is built `.js`. */
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A file, and where it is served. */
interface Module {
  readonly file: URL;
  readonly path: string;
}

/** @param entries files from the root, without their endings */
export function modulePages(entries: readonly string[]): readonly Page[] {
  const pages = new Map<string, Page>();
  const add = ({ file, path }: Module): void => {
    if (pages.has(path)) return;
    const { text, imports } = read(file);
    pages.set(path, { path, mediaType: 'text/javascript', headers: textHeaders, read: () => text });
    imports.forEach(add);
  };
  for (const entry of entries) add(ours(new URL(entry + ending, root)));
  return [...pages.values()];
}

/** Where an entry is served. */
export function modulePath(entry: string): string {
  return ours(new URL(entry + ending, root)).path;
}

function ours(file: URL): Module {
  return { file, path: paths.module(file.href.slice(root.href.length)) };
}

/** Browsers know packages by no name: in its place is the address where the package is served. */
function read(file: URL): { readonly text: string; readonly imports: readonly Module[] } {
  const source = readFileSync(fileURLToPath(file), 'utf8');
  const imports: Module[] = [];
  const text = (file.href.endsWith('.ts') ? stripped(source) : source)
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
    .replaceAll(/^(import .*from |export .*from |\} from )['"]([^'"]+)['"]/gm, (_all, before: string, name: string) => {
      const isOurs = name.startsWith('.');
      const found = isOurs ? ours(new URL(name, file)) : packaged(name);
      imports.push(found);
      return `${before}'${isOurs ? name : found.path}'`;
    });
  return { text, imports };
}

function packaged(name: string): Module {
  return { file: new URL(import.meta.resolve(name)), path: paths.module(`packages/${name}.js`) };
}

/** Node runs the clone by the same means, but warns of the function, which is nothing that an operator can act on. */
function stripped(source: string): string {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
