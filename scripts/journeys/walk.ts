// Walks journeys with `redocly respect`, all in one process. Respect reports requests and responses, including tokens. From
// its report come only the names of steps and checks, the conditions of the document, the status, and violations of schemas.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { errorsOf, runRedocly } from '../redocly.ts';

/** One workflow of one journey. */
export interface Walk {
  readonly contract: string;
  readonly workflow: Workflow;
  readonly steps: readonly WalkedStep[];
}

export interface WalkedStep {
  readonly name: string;
  /** `left out` after a failed step of the workflow. */
  readonly outcome: 'passed' | 'failed' | 'left out';
  /** The status of the response; `undefined` without one. */
  readonly status: number | undefined;
  /** One phrase for each failed check. */
  readonly why: readonly string[];
}

/** The server of a journey and the tokens that it starts with. */
export interface Destination {
  /** Of the contract, including the base path. */
  readonly url: string;
  /** The refresh token of a new session, for each workflow to walk. */
  readonly tokens: Readonly<Partial<Record<Workflow, string>>>;
}

/**
 * Walks every workflow for which all destinations have a token.
 * @throws JourneyError where respect writes no report
 */
export async function walk(journeys: readonly (Journey & Destination)[]): Promise<Walk[]> {
  const chosen = workflows.filter((workflow) => journeys.every(({ tokens }) => tokens[workflow] !== undefined));
  const report = await withScratch((folder) => respect(folder, journeys, chosen));
  return journeys.flatMap(({ contract, file, steps }) => {
    const executed = Object.entries(report.files).find(([name]) => basename(name) === basename(file))?.[1];
    return chosen.map((workflow) => {
      const found = executed?.executedWorkflows.find(({ workflowId }) => workflowId === workflow)?.executedSteps ?? [];
      return { contract, workflow, steps: steps[workflow].map((name) => walked(name, found)) };
    });
  });
}

function walked(name: string, executed: readonly ExecutedStep[]): WalkedStep {
  const step = executed.find(({ stepId }) => stepId === name);
  if (step === undefined) return { name, outcome: 'left out', status: undefined, why: [] };
  const failed = step.checks.filter(({ passed }) => !passed);
  // A step without a check proves nothing.
  const outcome = failed.length === 0 && step.checks.length > 0 ? 'passed' : 'failed';
  // Without a response respect reports 0.
  return { name, outcome, status: step.response?.statusCode || undefined, why: failed.flatMap(phrases) };
}

const plain: Readonly<Partial<Record<string, string>>> = {
  'failed network request': 'no response',
  'status code check': 'the document has no such status',
  'content-type check': 'the document has no such media type',
  'unexpected error': 'a value that the step reads is missing in the response',
};

function phrases({ name, condition, message }: Check): string[] {
  if (name === 'schema check') {
    // The rest of the message contains the body.
    const rules = message.match(/^[A-Z][A-Z ]+ must .*$/gm) ?? ['no rule is named'];
    return rules.map((rule) => masked(`the body breaks its schema: ${rule}`));
  }
  return [plain[name] ?? (condition === undefined ? name : `not so: ${condition}`)];
}

/** Text from respect may contain tokens. */
function masked(text: string): string {
  return text.replaceAll(/[\w-]{8,}\.[\w-]{8,}\.[\w-]+|[\w-]{40,}/g, '(token)');
}

/** The used members of respect's report, in the shape of the pinned release, which the tests check. */
interface Report {
  readonly files: Readonly<Record<string, { readonly executedWorkflows: readonly ExecutedWorkflow[] }>>;
}

interface ExecutedWorkflow {
  readonly workflowId: string;
  readonly executedSteps: readonly ExecutedStep[];
}

interface ExecutedStep {
  readonly stepId: string;
  readonly checks: readonly Check[];
  readonly response?: { readonly statusCode: number };
}

interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
  readonly condition?: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

async function respect(
  folder: string,
  journeys: readonly (Journey & Destination)[],
  chosen: readonly Workflow[],
): Promise<Report> {
  const inputs = journeys.flatMap(({ contract, tokens }) =>
    chosen.map((workflow) => [`${contract}_${workflow}`, tokens[workflow]]),
  );
  const servers = journeys.map(({ contract, url }) => `${contract}=${url}`);
  const file = join(folder, 'report.json');
  const args = ['respect', ...journeys.map((journey) => journey.file), '--json-output', file];
  const limits = ['--max-fetch-timeout', '10000', '--execution-timeout', '60000'];
  // Tokens are passed by the environment, since every account of the machine can list arguments.
  const environment = {
    REDOCLY_CLI_RESPECT_INPUT: JSON.stringify(Object.fromEntries(inputs)),
    REDOCLY_CLI_RESPECT_SERVER: servers.join(','),
    // Otherwise its compiled code would stay in the folder of temporary files.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'redocly'),
  };
  const all = [...args, ...chosen.flatMap((workflow) => ['--workflow', workflow]), ...limits];
  // A failed step, too, ends it with exit code 1: the report has the result.
  const errors = await runRedocly(all, folder, environment).then(() => '', errorsOf);
  if (!existsSync(file)) throw new JourneyError(`The journeys cannot be walked: ${masked(reasonIn(errors))}.`);
  // Written by the pinned release.
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}

/** Returns why respect did not walk a document, with the location where it names one. */
function reasonIn(errors: string): string {
  const [, place, what] = /^\[1\] (\S+) at .*\n+(.+?)\.?$/m.exec(errors) ?? [];
  if (place !== undefined && what !== undefined) return `${basename(place)}: ${what}`;
  return errors.split('\n').find((line) => line.trim() !== '') ?? 'redocly respect printed no reason';
}

/** Creates a folder that only this account may read, and removes it afterwards, also when the process exits earlier. */
export async function withScratch<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-journeys-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await use(folder);
  } finally {
    remove();
    process.off('exit', remove);
  }
}

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
