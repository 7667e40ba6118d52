// The Arazzo documents of the journeys: their workflows and steps in order.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The workflows of each journey. */
export const workflows = ['responses', 'session'] as const;
export type Workflow = (typeof workflows)[number];

export interface Journey {
  readonly contract: string;
  readonly file: string;
  readonly steps: Readonly<Record<Workflow, readonly string[]>>;
}

/** A journey that cannot be walked. The message is one sentence. */
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

/** Returns the journey of a contract. @throws JourneyError where it is missing or invalid */
export function journeyOf(contract: string, place: string = folder): Journey {
  const file = fileOf(contract, place);
  if (!existsSync(file)) throw new JourneyError(noJourney(contract));
  const document = parsed(file, contract);
  const stepsOf = (workflow: Workflow): string[] => {
    const steps = document?.workflows?.find(({ workflowId }) => workflowId === workflow)?.steps ?? [];
    if (steps.length === 0) throw new JourneyError(`The journey of ${contract} has no workflow ${workflow}.`);
    return steps.map(({ stepId = '' }) => stepId);
  };
  return { contract, file, steps: { responses: stepsOf('responses'), session: stepsOf('session') } };
}

interface ArazzoDocument {
  readonly workflows?: readonly {
    readonly workflowId?: string;
    readonly steps?: readonly { readonly stepId?: string }[];
  }[];
}

function parsed(file: string, contract: string): ArazzoDocument | null {
  try {
    // Redocly validates the document before a step runs.
    return parse(readFileSync(file, 'utf8')) as ArazzoDocument | null;
  } catch (reason) {
    const why = reason instanceof Error ? (reason.message.split('\n')[0] ?? '') : String(reason);
    throw new JourneyError(`The journey of ${contract} is not YAML: ${why.replace(/:$/, '')}.`);
  }
}

function fileOf(contract: string, place: string): string {
  return join(place, `${contract}.arazzo.yaml`);
}
