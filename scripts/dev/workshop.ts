// What happens when a file is saved: it is served first, then come the linter's findings, the generated files, the
// adapters that no longer compile, and what the edit changes for clients.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDocumentError } from '../../src/errors.ts';
import { isDocumentFile, loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { compare, DiffError } from '../diff/compare.ts';
import { generateContract, generatedFolder } from '../generate.ts';
import { lintDocuments, lintFiles, rulesFile } from '../lint-openapi.ts';
import type { Serving } from './serving.ts';
import type { Telling } from './telling.ts';
import { createTypeCheck } from './type-check.ts';
import type { Saved } from './watching.ts';

export interface Workshop {
  /** Compiles everything once, so that the first save need not. */
  readonly warmUp: () => void;
  /** Serves what was saved, and tells about it. */
  readonly saved: (files: readonly Saved[]) => Promise<void>;
}

export function createWorkshop(serving: Serving, telling: Telling): Workshop {
  const types = createTypeCheck(['src', 'generated']);
  /** The texts that are served, and those that were looked at last, good or not; by contract. */
  let served = textsNow();
  const seen = new Map(served);

  /** The types of a document that can be loaded, and whether the code follows them. */
  const regenerate = async (name: string): Promise<void> => {
    try {
      const { types: declarations, client } = await generateContract(loadDocument(fileOf(name)));
      writeChanged(join(generatedFolder, `${name}.ts`), declarations);
      writeChanged(join(generatedFolder, `${name}.client.ts`), client);
    } catch (reason) {
      if (isDocumentError(reason)) return;
      throw reason;
    }
    telling.compiled(types.findings(name));
  };

  /** @returns whether it is served now */
  const documentSaved = async (name: string, text: string): Promise<boolean> => {
    const started = performance.now();
    seen.set(name, text);
    telling.saved([`${name}.yaml`]);
    const swapped = serving.replaceDocument(name);
    // The thread that serves works meanwhile.
    const findings = lintFiles([fileOf(name)]);
    const refusal = await swapped;
    if (refusal === undefined) telling.served(performance.now() - started);
    else telling.kept(refusal, await findings);
    telling.linted(await findings);
    await regenerate(name);
    if (refusal !== undefined) return false;
    await tellChanges(name, served.get(name) ?? '', text);
    served = new Map(served).set(name, text);
    return true;
  };

  const tellChanges = async (name: string, before: string, after: string): Promise<void> => {
    try {
      telling.changed(name, await compare(name, before, after));
    } catch (reason) {
      if (!(reason instanceof DiffError)) throw reason;
      telling.note('changes', reason.message);
    }
  };

  /** Sources, or documents that came or went: the next thread serves everything as it is now. */
  const othersSaved = async (files: readonly string[]): Promise<void> => {
    const started = performance.now();
    telling.saved(files);
    const now = textsNow();
    const refusal = await serving.restart();
    if (refusal === undefined) {
      telling.served(performance.now() - started);
      served = now;
    } else telling.kept(refusal);
  };

  /** Documents that stood in each other's way one by one may fit together. */
  const retryTogether = async (names: readonly string[]): Promise<void> => {
    const now = textsNow();
    if ((await serving.restart()) !== undefined) return;
    telling.note('served', `together: ${names.map((name) => `${name}.yaml`).join(', ')}`);
    for (const name of names) await tellChanges(name, served.get(name) ?? '', now.get(name) ?? '');
    served = now;
  };

  return {
    warmUp: () => {
      types.allFindings();
    },
    saved: async (files) => {
      const inOpenapi = files.filter(({ folder }) => folder === openapiFolder).map(({ file }) => file);
      const now = textsNow();
      const others: string[] = [];
      const added: string[] = [];
      const kept: string[] = [];
      const names = new Set(inOpenapi.filter(isDocumentFile).map((file) => basename(file, '.yaml')));
      for (const name of names) {
        const text = now.get(name);
        if (text === seen.get(name)) continue;
        if (text === undefined) {
          seen.delete(name);
          others.push(`${name}.yaml`);
          for (const file of [`${name}.ts`, `${name}.client.ts`]) rmSync(join(generatedFolder, file), { force: true });
        } else if (served.has(name)) {
          if (!(await documentSaved(name, text))) kept.push(name);
        } else {
          seen.set(name, text);
          others.push(`${name}.yaml`);
          added.push(name);
        }
      }
      const isMixed =
        names.size > 1 || [...seen].some(([name, text]) => !kept.includes(name) && served.get(name) !== text);
      if (kept.length > 0 && isMixed && others.length === 0) await retryTogether(kept);
      const sourceFiles = files.filter(({ folder, file }) => folder !== openapiFolder && isSource(file));
      others.push(...sourceFiles.map(({ folder, file }) => join(basename(folder), file)));
      if (others.length > 0) await othersSaved(others);
      if (added.length > 0) telling.linted(await lintFiles(added.map(fileOf)));
      for (const name of added) await regenerate(name);
      if (sourceFiles.length > 0) telling.compiled(types.allFindings());

      if (inOpenapi.includes(basename(rulesFile))) {
        telling.saved([basename(rulesFile)]);
        telling.linted(await lintDocuments());
      }
      if (inOpenapi.some((file) => file.endsWith('.js'))) {
        telling.note('lint', 'Rules written in JavaScript are loaded once: start again to apply the edited ones.');
      }
    },
  };
}

function fileOf(name: string): string {
  return join(openapiFolder, `${name}.yaml`);
}

/** A file that is compiled, or a folder of such. */
function isSource(file: string): boolean {
  return file.endsWith('.ts') || !basename(file).includes('.');
}

/** Every document that can be read; a broken link is none, and a file that is being replaced is reported later. */
function textsNow(): ReadonlyMap<string, string> {
  const names = readdirSync(openapiFolder).filter(isDocumentFile);
  const texts = names.flatMap((file): [string, string][] => {
    try {
      return [[basename(file, '.yaml'), readFileSync(join(openapiFolder, file), 'utf8')]];
    } catch {
      return [];
    }
  });
  return new Map(texts);
}

function writeChanged(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
