// Lints the documents (node scripts/lint-openapi.ts) by openapi/redocly.yaml and its plugin. Warnings fail like errors. The
// configuration is linted first, since a misspelled rule would be ignored. A document must also be accepted by the loader.
import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import {
  getLineColLocation,
  lint,
  lintConfig,
  loadConfig,
  type Config,
  type NormalizedProblem,
} from '@redocly/openapi-core';
import { isDocumentError, isRefractError, type RefractError } from '../src/errors.ts';
import { isDocumentFile, loadDocument, openapiFolder } from '../src/http/documents.ts';

/** A mistake and its location. */
export interface Finding {
  file: string;
  line: number | undefined;
  rule: string;
  message: string;
}

/** The house rules. */
export const rulesFile: string = join(openapiFolder, 'redocly.yaml');

/** Returns all mistakes in the documents of a folder, or in the rules. */
export async function lintDocuments(folder: string = openapiFolder, rules: string = rulesFile): Promise<Finding[]> {
  const names = readdirSync(folder).filter(isDocumentFile).sort();
  return lintFiles(
    names.map((name) => join(folder, name)),
    rules,
  );
}

/** Returns one finding for each mistake in the documents, by line. */
export async function lintFiles(files: readonly string[], rules: string = rulesFile): Promise<Finding[]> {
  const config = await loadConfig({ configPath: rules }).catch((cause: unknown) => String(cause));
  if (typeof config === 'string') return [{ file: rules, line: undefined, rule: 'configuration', message: config }];
  const misconfigured = await lintConfig({ config, severity: 'error' });
  if (misconfigured.length > 0) return misconfigured.map(findingOf);

  const findings: Finding[] = [];
  for (const file of files) {
    const applied = config.forAlias(basename(file, '.yaml'));
    findings.push(...(await findingsIn(file, applied)));
    const unknown = applied.getUnusedRules().rules.find((rule) => rule.includes('/'));
    if (unknown !== undefined && !isUnreadable(file)) {
      const message = `Unknown rule ${unknown}; it was not applied.`;
      return [{ file: rules, line: undefined, rule: 'configuration', message }];
    }
  }
  return findings;
}

async function findingsIn(file: string, config: Config): Promise<Finding[]> {
  // The rules would only find consequences of a file that is not an OpenAPI 3.1 document.
  if (isUnreadable(file)) return refusalsOf(file);
  const problems = await lint({ ref: file, config }).catch((cause: unknown) => {
    // Redocly throws for unreadable files; the loader has the better message.
    if (refusalsOf(file).length === 0) throw cause;
    return [];
  });
  const findings = withoutConsequences(problems.map(findingOf));
  return findings.length > 0 ? findings.sort((one, other) => (one.line ?? 0) - (other.line ?? 0)) : refusalsOf(file);
}

/** A broken reference also leaves its target unused and examples unchecked: only the cause is reported. */
function withoutConsequences(findings: readonly Finding[]): Finding[] {
  if (!findings.some(({ rule }) => rule === 'no-unresolved-refs')) return [...findings];
  return findings.filter(
    ({ rule, message }) => rule !== 'no-unused-components' && !message.includes("can't resolve reference"),
  );
}

function isUnreadable(file: string): boolean {
  return isRefractError(refusalOf(file), 'unreadable_document');
}

function findingOf({ location: [location], message, ruleId }: NormalizedProblem): Finding {
  if (location === undefined) return { file: rulesFile, line: undefined, rule: ruleId, message };
  const { start } = getLineColLocation(location);
  return { file: location.source.absoluteRef, line: start.line, rule: ruleId, message };
}

function refusalsOf(file: string): Finding[] {
  const refusal = refusalOf(file);
  if (refusal === undefined) return [];
  const [, line, message = refusal.message] = /^(?::(\d+))?: ([^]*)$/.exec(refusal.message.slice(file.length)) ?? [];
  return [{ file, line: line === undefined ? undefined : Number(line), rule: 'loader', message }];
}

function refusalOf(file: string): RefractError | undefined {
  try {
    loadDocument(file);
    return undefined;
  } catch (cause) {
    if (!isDocumentError(cause)) throw cause;
    return cause;
  }
}

/** Returns a finding as one line with file, line and what to do. */
export function sentenceOf({ file, line, rule, message }: Finding): string {
  return `${relative(process.cwd(), file)}:${String(line ?? 1)}: ${message} (${rule})`;
}

if (import.meta.main) {
  const findings = await lintDocuments();
  for (const finding of findings) console.log(sentenceOf(finding));
  process.exitCode = findings.length === 0 ? 0 : 1;
}
