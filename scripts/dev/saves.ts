// Handles saved files: serves them first, then reports the linter's findings, type errors and changes for clients, and
// writes the generated files.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDocumentError } from '../../src/errors.ts';
import { isDocumentFile, loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { documentsNow } from '../diff.ts';
import { compare, DiffError } from '../diff.ts';
import { generateContract, generatedFolder } from '../generate.ts';
import { lintDocuments, lintFiles, rulesFile } from '../lint-openapi.ts';
import type { Report } from './report.ts';
import type { Serving } from './serving.ts';
import { createTypeCheck } from './type-check.ts';
import type { SavedFile } from './watch.ts';

export function createSaveHandler(serving: Serving, report: Report) {
  const types = createTypeCheck(['src', 'generated']);
  /** By contract: the texts that are served, and the last ones that were checked, valid or not. */
  let served = documentsNow();
  const seen = new Map(served);

  /** Writes the generated files of a valid document and compiles the code that uses them. @returns whether it is valid */
  const regenerate = async (name: string): Promise<boolean> => {
    try {
      const { types: declarations, client } = await generateContract(loadDocument(fileOf(name)));
      writeChanged(join(generatedFolder, `${name}.ts`), declarations);
      writeChanged(join(generatedFolder, `${name}.client.ts`), client);
    } catch (reason) {
      if (isDocumentError(reason)) return false;
      throw reason;
    }
    report.compiled(types.findings(name));
    return true;
  };

  /** @returns whether the document is served now */
  const documentSaved = async (name: string, text: string): Promise<boolean> => {
    const started = performance.now();
    seen.set(name, text);
    report.saved([`${name}.yaml`]);
    const replacing = serving.replaceDocument(name);
    // While the serving thread works.
    const findings = lintFiles([fileOf(name)]);
    const refusal = await replacing;
    if (refusal === undefined) report.served(performance.now() - started);
    else report.notApplied(refusal, await findings);
    report.linted(await findings);
    const isValid = await regenerate(name);
    if (isValid) await reportChanges(name, served.get(name) ?? '', text);
    if (refusal !== undefined) return false;
    served = new Map(served).set(name, text);
    return true;
  };

  const reportChanges = async (name: string, before: string, after: string): Promise<void> => {
    try {
      report.changed(name, await compare(name, before, after));
    } catch (reason) {
      if (!(reason instanceof DiffError)) throw reason;
      report.note('changes', reason.message);
    }
  };

  /** Sources, or added or removed documents: the next thread serves the current files. */
  const othersSaved = async (files: readonly string[]): Promise<void> => {
    const started = performance.now();
    report.saved(files);
    const now = documentsNow();
    const refusal = await serving.restart();
    if (refusal === undefined) {
      report.served(performance.now() - started);
      for (const reason of serving.unserved()) report.note('server', `not served: ${reason}`);
      served = now;
    } else report.notApplied(refusal);
  };

  /** Documents that conflict with each other one by one may be valid together. */
  const retryTogether = async (names: readonly string[]): Promise<void> => {
    const now = documentsNow();
    if ((await serving.restart()) !== undefined) return;
    report.note('served', `together: ${names.map((name) => `${name}.yaml`).join(', ')}`);
    for (const name of names) await reportChanges(name, served.get(name) ?? '', now.get(name) ?? '');
    served = now;
  };

  return {
    /** Compiles everything once, so that the first save need not. */
    warmUp: (): void => {
      types.allFindings();
    },
    handle: async (files: readonly SavedFile[]): Promise<void> => {
      const inOpenapi = files.filter(({ folder }) => folder === openapiFolder).map(({ file }) => file);
      const now = documentsNow();
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
      const sourceFiles = files.filter(({ folder, file }) => folder !== openapiFolder && file.endsWith('.ts'));
      others.push(...sourceFiles.map(({ folder, file }) => join(basename(folder), file)));
      if (others.length > 0) await othersSaved(others);
      if (added.length > 0) report.linted(await lintFiles(added.map(fileOf)));
      for (const name of added) await regenerate(name);
      if (sourceFiles.length > 0) report.compiled(types.allFindings());

      if (inOpenapi.includes(basename(rulesFile))) {
        report.saved([basename(rulesFile)]);
        report.linted(await lintDocuments());
      }
      if (inOpenapi.some((file) => file.endsWith('.js'))) {
        report.note('lint', 'Rules written in JavaScript are loaded once: start again to apply the edited ones.');
      }
    },
  };
}

function fileOf(name: string): string {
  return join(openapiFolder, `${name}.yaml`);
}

function writeChanged(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
