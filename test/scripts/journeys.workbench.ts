// Journeys: on the server and on the mock, with servers that break one, and without tokens in any report.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { asText, choose, hasPassed, run as command, walkJourneys, type Target } from '../../scripts/journeys.ts';
import { JourneyError, journeyOf, workflows } from '../../scripts/journeys/walk.ts';
import { walk, type Walk } from '../../scripts/journeys/walk.ts';
import { loadContracts, type LoadedContract } from '../../src/app/contracts.ts';
import { openapiFolder } from '../../src/http/documents.ts';
import type { WireReply } from '../../src/http/types.ts';
import { changeReplies } from '../shared/changed-replies.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { startRelay } from '../shared/relay.ts';
import { contracts as names } from '../shared/refreshing.ts';
import { startServer, type TestServerOptions } from '../shared/server.ts';
import type { WireAnswer } from '../shared/wire.ts';
import { runHere } from './run-here.ts';

const contracts = await loadContracts();

/** Runs the command with its own folder for temporary files. */
async function run(...args: string[]) {
  const folder = temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  const { code, stdout, stderr } = await runHere(command, ...args);
  return { code, said: stdout.trimEnd(), complained: stderr, left: readdirSync(folder) };
}

/** Walks journeys on a server, or at another origin. */
async function walked(options: TestServerOptions, on: Partial<Target> = {}): Promise<Walk[]> {
  const server = await startServer({ contracts, ...options });
  onTestFinished(() => server.stop());
  return walkJourneys(options.contracts ?? contracts, {
    origin: server.origin,
    walked: workflows,
    issue: (name) => server.issue(name),
    ...on,
  });
}

/** The failed steps and why they failed. */
function failures(walks: readonly Walk[]): [string, readonly string[]][] {
  return walks.flatMap(({ contract, workflow, steps }) =>
    steps
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ name, why }): [string, readonly string[]] => [`${contract} ${workflow} ${name}`, why]),
  );
}

/** The command lines of all processes of this machine. */
function commandLines(): string[] {
  if (!existsSync('/proc/self/cmdline')) {
    return execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n');
  }
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map((id) => {
    try {
      return readFileSync(join('/proc', id, 'cmdline'), 'utf8');
    } catch {
      return 'ended';
    }
  });
}

function named(name: string): LoadedContract {
  const one = contracts.find((contract) => contract.name === name);
  if (one === undefined) throw new Error(`unknown contract ${name}`);
  return one;
}

describe('every contract', () => {
  const steps = (among: readonly string[], chosen: readonly (typeof workflows)[number][]): number =>
    among.flatMap((name) => chosen.flatMap((workflow) => journeyOf(name).steps[workflow])).length;

  test('the journey of every contract passes on the server and leaves no files', async () => {
    const { code, said, complained, left } = await run();
    expect([code, complained, left]).toEqual([0, '', []]);
    for (const name of names)
      expect(said).toMatch(new RegExp(`^${name}: responses\n( {2}✓ \\w+\n)+${name}: session\n`, 'm'));
    const all = String(steps(names, workflows));
    expect(said).toMatch(new RegExp(`\n\n${all} of ${all} steps passed\\.$`));
    expect(said.match(/ ✓ /g)).toHaveLength(Number(all));
  });

  test('the journey of every contract passes on the mock without sessions', async () => {
    const { code, said, complained, left } = await run('--mock');
    expect([code, complained, left]).toEqual([0, '', []]);
    const all = String(steps(names, ['responses']));
    expect(said).toMatch(new RegExp(`\n\n${all} of ${all} steps passed\\.$`));
    expect(said).not.toContain('session');
  });

  test('the journey of one contract can be walked alone', async () => {
    const { code, said } = await run('kirjaswappi');
    expect([code, said.match(/^\w+: /gm)]).toEqual([0, ['kirjaswappi: ', 'kirjaswappi: ']]);
  });
});

describe('a server that breaks a journey is found', () => {
  test('a journey fails on a server with another policy or other responses', async () => {
    let grants = 0;
    const walks = await walked({
      environment: {
        REFRACT_CLOUDREVE_POLICY: 'single-use',
        REFRACT_ORILLION_POLICY: 'static',
        REFRACT_XERIAL_POLICY: 'reusable',
      },
      contracts: [
        named('cloudreve'),
        changeReplies(named('fib'), (reply) => withOtherAccessToken(reply, (grants += 1))),
        changeReplies(named('kirjaswappi'), (reply) =>
          reply.status === 400 ? { status: 401, body: { error: { code: 'x', message: 'x' } } } : reply,
        ),
        named('orillion'),
        named('xerial'),
      ],
    });
    expect(hasPassed(walks)).toBe(false);
    expect(failures(walks)).toEqual([
      ['cloudreve session olderRepeated', expect.arrayContaining(['not so: $response.body#/code == 0'])],
      ['fib session retried', ['not so: $response.body#/data/accessToken == $steps.refreshed.outputs.accessToken']],
      ['kirjaswappi responses noCredential', expect.arrayContaining(['not so: $statusCode == 400'])],
      ['orillion session refreshed', ['not so: $response.body#/data/refreshToken != $inputs.orillion_session']],
      ['xerial session olderReplayed', expect.arrayContaining(['not so: $statusCode == 401'])],
    ]);
    // Later steps of the workflow are not walked and do not count as passed.
    expect(asText(walks)).toMatch(
      /fib: session\n {2}✓ refreshed\n {2}✗ retried \(response 200\)\n {6}not so: .+\n {2}– successorUsed \(left out\)\n/,
    );
  });

  test('a journey fails on a server that does not respond', async () => {
    const relay = await startRelay('');
    await relay.stop();
    const walks = await walked({ contracts: [named('fib')] }, { origin: relay.origin });
    expect(failures(walks)).toEqual([
      ['fib responses refreshed', ['no response']],
      ['fib session refreshed', ['no response']],
    ]);
  });
});

function withOtherAccessToken(reply: WireReply, count: number): WireReply {
  if (reply.status !== 200) return reply;
  const { data, ...body } = reply.body as { data: { accessToken: string } };
  return { ...reply, body: { ...body, data: { ...data, accessToken: `${data.accessToken}${String(count)}` } } };
}

describe('no token is reported', () => {
  /** Walks fib's journey through a relay that alters responses. @returns the report and every token */
  const past = async (alter: (answer: WireAnswer) => WireAnswer) => {
    const tokens = new Set<string>();
    const seen = (text: string): void => {
      for (const token of text.match(/[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/g) ?? []) tokens.add(token);
    };
    let commands = '';
    const server = await startServer({ contracts: [named('fib')] });
    onTestFinished(() => server.stop());
    const relay = await startRelay(server.origin, (answer) => {
      seen(answer.body);
      // Visible to every account of this machine.
      commands += commandLines()
        .filter((line) => line.includes('fib.arazzo.yaml'))
        .join('\n');
      return alter(answer);
    });
    onTestFinished(() => relay.stop());
    const issue = async (name: string): Promise<string> => {
      const token = await server.issue(name);
      seen(token);
      return token;
    };
    const walks = await walkJourneys([named('fib')], { origin: relay.origin, walked: workflows, issue });
    return { said: asText(walks), tokens: [...tokens], commands };
  };

  test.each<[string, (answer: WireAnswer) => WireAnswer, RegExp]>([
    ['a journey that passes', (answer) => answer, /11 of 11 steps passed\.$/],
    [
      'a body that breaks its schema, with tokens everywhere',
      (answer) => {
        const [token = ''] = /[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/.exec(answer.body) ?? [];
        return { ...answer, body: JSON.stringify({ status: token, data: { accessToken: [token] }, [token]: token }) };
      },
      /the body breaks its schema: REQUIRED must have required property 'expirationTime'/,
    ],
    [
      'another status',
      (answer) => ({ ...answer, status: 418 }),
      /✗ refreshed \(response 418\)\n {6}not so: \$statusCode == 200\n[^]+ {6}the document has no such status\n/,
    ],
  ])('the report of a journey contains no token: %s', async (_what, alter, says) => {
    const { said, tokens, commands } = await past(alter);
    expect(said).toMatch(says);
    expect(commands).toContain('fib.arazzo.yaml');
    expect(tokens.length).toBeGreaterThanOrEqual(4);
    for (const token of tokens) {
      // The report must not contain a part of a token either.
      const [, payload = token, signature = token] = token.split('.');
      for (const part of [payload, signature]) {
        // Compared as booleans, so that a failure of this test prints no token.
        expect([said.includes(part), commands.includes(part)]).toEqual([false, false]);
      }
    }
  });

  test('no token stays on the disk when the journey is stopped', async () => {
    const folder = temporaryFolder();
    const child = spawn(process.execPath, ['scripts/journeys.ts'], {
      env: { ...process.env, TMPDIR: folder },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await vi.waitUntil(() => readdirSync(folder).length > 0, { timeout: 50_000 });
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a journey that cannot be walked is reported with one sentence', () => {
  test.each([
    [
      (text: string) => text.replaceAll('$steps.refreshed.outputs.accessToken', '$steps.nowhere.outputs.accessToken'),
      /^The journeys cannot be walked: fib\.arazzo\.yaml:\d+:\d+: Step "nowhere" referenced in [^\n]+ is not defined [^\n]+\.$/,
    ],
    [() => 'arazzo: 1.0.1\n', /^The journeys cannot be walked: [^\n]+\.$/],
    [() => '{}', /^The journeys cannot be walked: Unsupported specification\.$/],
  ])('an invalid journey document is reported with one sentence: %#', async (spoilt, sentence) => {
    const journey = journeyOf('fib');
    const file = join(temporaryFolder(), 'fib.arazzo.yaml');
    const whole = readFileSync(journey.file, 'utf8').replace('../../openapi', openapiFolder);
    writeFileSync(file, spoilt(whole));
    const tokens = { responses: 'any-token', session: 'any-token' };
    await expect(walk([{ ...journey, file, url: 'http://127.0.0.1:1', tokens }])).rejects.toThrow(sentence);
  });

  test('a missing journey or workflow is reported with one sentence', () => {
    expect(() => journeyOf('sixth')).toThrow(
      new JourneyError('sixth has no journey; write one as test/journeys/sixth.arazzo.yaml.'),
    );
    const said: string[] = [];
    const sixth = [...contracts, { name: 'sixth' }];
    expect(choose(sixth, [], (text) => said.push(text)).map(({ name }) => name)).toEqual(names);
    expect(said).toEqual(['sixth has no journey; write one as test/journeys/sixth.arazzo.yaml.']);
    expect(() => choose([{ name: 'sixth' }], [], () => undefined)).toThrow(
      new JourneyError('No contract has a journey.'),
    );
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'fib.arazzo.yaml'), 'workflows: []\n');
    expect(() => journeyOf('fib', folder)).toThrow(new JourneyError('The journey of fib has no workflow responses.'));
  });
});
