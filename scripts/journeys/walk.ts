// Walks journeys with `redocly respect`, all in one process of its own. Respect prints and reports requests and
// responses, and with them tokens. Passed on are only the names of steps and checks, the conditions as the document
// writes them, the status, and how a body breaks its schema.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JourneyError, workflows, type Journey, type Workflow } from './documents.ts';

/** One workflow of one journey. */
export interface Walk {
  readonly contract: string;
  readonly workflow: Workflow;
  readonly steps: readonly WalkedStep[];
}

export interface WalkedStep {
  readonly name: string;
  /** `left out` where an earlier step of the workflow failed. */
  readonly outcome: 'passed' | 'failed' | 'left out';
  /** That it was answered with; none where it was not. */
  readonly status: number | undefined;
  /** One phrase for each check that failed. */
  readonly why: readonly string[];
}

/** Where a journey leads, and with what it begins. */
export interface Destination {
  /** Of the contract, base path included. */
  readonly url: string;
  /** The refresh token of a new session for each workflow to walk. */
  readonly tokens: Readonly<Partial<Record<Workflow, string>>>;
}

/**
 * Walks every workflow that the destinations have a token for, which is the same ones for all.
 * @throws JourneyError where respect gives no report
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
  // A step without a check has shown nothing.
  const outcome = failed.length === 0 && step.checks.length > 0 ? 'passed' : 'failed';
  // Where there was no answer, respect says 0.
  return { name, outcome, status: step.response?.statusCode || undefined, why: failed.flatMap(phrases) };
}

const plain: Readonly<Partial<Record<string, string>>> = {
  'failed network request': 'there was no answer',
  'status code check': 'the document has no such status',
  'content-type check': 'the document has no such media type',
  'unexpected error': 'something that the step asks for is not in the answer',
};

function phrases({ name, condition, message }: Check): string[] {
  if (name === 'schema check') {
    // The rest of the message quotes the body.
    const rules = message.match(/^[A-Z][A-Z ]+ must .*$/gm) ?? ['no rule is named'];
    return rules.map((rule) => masked(`the body breaks its schema: ${rule}`));
  }
  return [plain[name] ?? (condition === undefined ? name : `not so: ${condition}`)];
}

/** What respect quotes may be a token. */
function masked(text: string): string {
  return text.replaceAll(/[\w-]{8,}\.[\w-]{8,}\.[\w-]+|[\w-]{40,}/g, '(token)');
}

/** Of respect's report, what is read here. The pinned release writes this shape; the tests hold it to it. */
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
const cli = join(dirname(fileURLToPath(import.meta.resolve('@redocly/cli/package.json'))), 'bin', 'cli.js');

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
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REDOCLY_'));
  const complaint = await new Promise<string>((resolve) => {
    const child = execFile(
      process.execPath,
      // Tokens go by the environment, since every account of the machine can list arguments.
      [cli, 'respect', ...journeys.map((journey) => journey.file), '--json-output', file]
        .concat(chosen.flatMap((workflow) => ['--workflow', workflow]))
        .concat('--max-fetch-timeout', '10000', '--execution-timeout', '60000'),
      {
        cwd: folder,
        env: {
          ...Object.fromEntries(inherited),
          REDOCLY_TELEMETRY: 'off',
          REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
          // It keeps its compiled code, which would else be left where temporary files are.
          NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'redocly'),
          REDOCLY_CLI_RESPECT_INPUT: JSON.stringify(Object.fromEntries(inputs)),
          REDOCLY_CLI_RESPECT_SERVER: servers.join(','),
        },
        maxBuffer: 64 * 1024 * 1024,
      },
      // A step that failed ends it with 1, as much else does: the report tells.
      (_failed, _stdout, stderr) => {
        process.off('exit', end);
        resolve(stderr);
      },
    );
    const end = (): void => {
      child.kill();
    };
    process.once('exit', end);
  });
  if (!existsSync(file)) throw new JourneyError(`The journeys cannot be walked: ${masked(firstOf(complaint))}.`);
  // The shape is the pinned release's.
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}

/** What respect says of a document that it does not walk: the place, if it names one, and what is wrong there. */
function firstOf(complaint: string): string {
  const [, place, what] = /^\[1\] (\S+) at .*\n+(.+?)\.?$/m.exec(complaint) ?? [];
  if (place !== undefined && what !== undefined) return `${basename(place)}: ${what}`;
  return complaint.split('\n').find((line) => line.trim() !== '') ?? 'redocly respect does not say why';
}

/** Makes a folder that only this account may read, and removes it afterwards, also where the process exits before. */
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
