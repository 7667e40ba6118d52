/**
 * Lints the documents: `node scripts/lint-openapi.ts`. The rules are in openapi/redocly.yaml and the plugin beside it.
 *
 * - A warning fails like an error: there is nobody to read it later.
 * - The configuration is linted first. A misspelled rule would otherwise just not be applied.
 * - A document that passes must also be one that the loader takes, since everything else reads it through that.
 */
import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { getLineColLocation, lint, lintConfig, loadConfig, type NormalizedProblem } from '@redocly/openapi-core';
import { DocumentError, isDocumentFile, loadDocument, openapiFolder } from '../src/http/documents.ts';

/** One thing that is wrong, and where. */
export interface Finding {
  file: string;
  line: number | undefined;
  rule: string;
  message: string;
}

/** The rules of the house. */
export const rulesFile: string = join(openapiFolder, 'redocly.yaml');

/**
 * Everything that is wrong with the documents of a folder, or else with the rules themselves.
 * @param only the names of the documents to look at; all where left out
 */
export async function lintDocuments(
  folder: string = openapiFolder,
  rules: string = rulesFile,
  only?: readonly string[],
): Promise<Finding[]> {
  const config = await loadConfig({ configPath: rules }).catch((cause: unknown) => String(cause));
  if (typeof config === 'string') return [{ file: rules, line: undefined, rule: 'configuration', message: config }];
  const misconfigured = await lintConfig({ config, severity: 'error' });
  if (misconfigured.length > 0) return misconfigured.map(findingOf);

  const names = readdirSync(folder).filter(
    (file) => isDocumentFile(file) && (only?.includes(basename(file, '.yaml')) ?? true),
  );
  const findings: Finding[] = [];
  for (const name of names.sort()) {
    const file = join(folder, name);
    const applied = config.forAlias(name.replace(/\.yaml$/, ''));
    const problems = await lint({ ref: file, config: applied }).catch((cause: unknown) => {
      // Broken YAML is thrown, not reported; the loader words it better.
      if (refusalOf(file).length === 0) throw cause;
      return [];
    });
    findings.push(...(problems.length > 0 ? problems.map(findingOf) : refusalOf(file)));
    const unknown = applied.getUnusedRules().rules.find((rule) => rule.includes('/'));
    if (unknown !== undefined) {
      const message = `There is no rule ${unknown}, so nothing was checked by it.`;
      return [{ file: rules, line: undefined, rule: 'configuration', message }];
    }
  }
  return findings;
}

function findingOf({ location: [location], message, ruleId }: NormalizedProblem): Finding {
  if (location === undefined) return { file: rulesFile, line: undefined, rule: ruleId, message };
  const { start } = getLineColLocation(location);
  return { file: location.source.absoluteRef, line: start.line, rule: ruleId, message };
}

function refusalOf(file: string): Finding[] {
  try {
    loadDocument(file);
    return [];
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    const [, line, message = cause.message] = /^(?::(\d+))?: ([^]*)$/.exec(cause.message.slice(file.length)) ?? [];
    return [{ file, line: line === undefined ? undefined : Number(line), rule: 'loader', message }];
  }
}

if (import.meta.main) {
  const findings = await lintDocuments();
  for (const { file, line, rule, message } of findings)
    console.log(`${relative(process.cwd(), file)}:${String(line ?? 1)}: ${message} (${rule})`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
