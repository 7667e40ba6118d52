// The journeys as their Arazzo documents write them: which workflows there are, and their steps in order.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The workflows of every journey. */
export const workflows = ['responses', 'session'] as const;
export type Workflow = (typeof workflows)[number];

export interface Journey {
  readonly contract: string;
  readonly file: string;
  readonly steps: Readonly<Record<Workflow, readonly string[]>>;
}

/** What cannot be walked. The message is one sentence. */
export class JourneyError extends Error {
  override readonly name = 'JourneyError';
}

const folder = fileURLToPath(new URL('../../test/journeys', import.meta.url));

export function hasJourney(contract: string): boolean {
  return existsSync(fileOf(contract, folder));
}

export function noJourney(contract: string): string {
  return `${contract} has no journey; write one as test/journeys/${contract}.arazzo.yaml.`;
}

/** The journey of a contract. @throws JourneyError where there is none */
export function journeyOf(contract: string, place: string = folder): Journey {
  const file = fileOf(contract, place);
  if (!existsSync(file)) throw new JourneyError(noJourney(contract));
  const document = parsed(file, contract);
  const stepsOf = (workflow: Workflow): string[] => {
    const found = membersOf(document, 'workflows').find((one) => textIn(one, 'workflowId') === workflow);
    const steps = membersOf(found, 'steps').map((step) => textIn(step, 'stepId'));
    if (steps.length === 0) throw new JourneyError(`The journey of ${contract} has no workflow ${workflow}.`);
    return steps;
  };
  return { contract, file, steps: { responses: stepsOf('responses'), session: stepsOf('session') } };
}

function parsed(file: string, contract: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (reason) {
    const why = reason instanceof Error ? (reason.message.split('\n')[0] ?? '') : String(reason);
    throw new JourneyError(`The journey of ${contract} is no YAML: ${why.replace(/:$/, '')}.`);
  }
}

function fileOf(contract: string, place: string): string {
  return join(place, `${contract}.arazzo.yaml`);
}

function membersOf(value: unknown, name: string): unknown[] {
  const member: unknown = memberOf(value, name);
  return Array.isArray(member) ? member : [];
}

function textIn(value: unknown, name: string): string {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : '';
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}
