// Thousands of requests made up from every document, such as fit and such as do not, against the real server and the mock:
// whatever is asked, the answer is one that the document has. It is read here by `yaml` and `ajv` alone, and not by what
// the product itself validates with.
import Database from 'better-sqlite3';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readDocumented, type Documented } from './fuzz/documented.ts';
import type { Asked } from './fuzz/judged.ts';
import { startMock } from './fuzz/mock-process.ts';
import { createTrying, type Amount, type Findings } from './fuzz/trying.ts';
import { createWorld, known } from './fuzz/world.ts';
import type { Context, Part } from './part.ts';
import { startProcess } from './serving.ts';

export const fuzz: Part = {
  promise:
    'Whatever is asked of a contract, valid or not, server and mock answer what its document has and nothing else.',
  prove: async (context) => {
    const { tree, isQuick, say } = context;
    const documents = readdirSync(join(tree, 'openapi'))
      .filter((file) => file.endsWith('.yaml') && file !== 'redocly.yaml')
      .map((file) => readDocumented(tree, file.replace('.yaml', '')));
    const findings: Findings = { cases: 0, faults: 0, violations: [], seen: new Map(), ids: new Set() };
    await fuzzServer(context, documents, findings);
    say(`${String(findings.cases)} requests to the server; it was seen to answer:`);
    for (const line of seenIn(documents, findings)) say(`  ${line}`);
    const toServer = findings.cases;
    for (const args of isQuick ? [[]] : [[], ['--dynamic']]) await fuzzMock(context, documents, args, findings);
    say(`${String(findings.cases - toServer)} requests to the mock`);
    say('a mock holds no sessions: that it tells good tokens from bad ones is not asked of it');
    const { cases, faults, violations } = findings;
    return { cases, faults, violations };
  },
};

/** Of the contracts, and of the operators' own, which has many operations. */
const amounts: Readonly<Record<'quick' | 'full', Readonly<Record<Round, Amount>>>> = {
  quick: {
    contracts: { runs: 220, seconds: 12 },
    admin: { runs: 35, seconds: 12 },
    held: { runs: 10, seconds: 4 },
    mockContracts: { runs: 60, seconds: 6 },
    mockAdmin: { runs: 12, seconds: 8 },
  },
  full: {
    contracts: { runs: 2_000, seconds: 25 },
    admin: { runs: 250, seconds: 25 },
    held: { runs: 40, seconds: 8 },
    mockContracts: { runs: 400, seconds: 8 },
    mockAdmin: { runs: 60, seconds: 12 },
  },
};

type Round = 'contracts' | 'admin' | 'held' | 'mockContracts' | 'mockAdmin';

/** Milliseconds to wait for the database while somebody else holds it. */
const busyTimeout = 10;

async function fuzzServer(
  { tree, folder, isQuick, random }: Context,
  documents: readonly Documented[],
  findings: Findings,
): Promise<void> {
  const amount = isQuick ? amounts.quick : amounts.full;
  const server = await startProcess({
    tree,
    folder,
    environment: {
      // Pages have their own HTML.
      REFRACT_CONSOLE: 'off',
      REFRACT_WORKERS: '2',
      REFRACT_SESSION_LIMIT: '60',
      REFRACT_ADMIN_FAILURE_LIMIT: '60',
      REFRACT_BUSY_TIMEOUT: String(busyTimeout),
    },
  });
  try {
    const world = await createWorld(server);
    const askedOf = (isAdmin: boolean, isHeld: boolean): Asked => ({
      documents: documents.filter(({ name }) => (name === 'admin') === isAdmin),
      beside: /^$/,
      isMock: false,
      isHeld,
      isNamed: isAdmin,
      isLiving: world.isLiving,
      isOurs: world.isOurs,
      isMadeUp: false,
      isAdminToken: (token) => token === server.adminToken,
    });
    const round = async (isAdmin: boolean, isHeld: boolean, wanted: Amount): Promise<void> => {
      const asked = askedOf(isAdmin, isHeld);
      const origin = isAdmin ? server.adminOrigin : server.origin;
      const trying = createTrying({ origin, asked, world, known, random, findings, isPreferring: false });
      await trying.all(asked.documents, wanted);
    };
    await round(false, false, amount.contracts);
    await hold(join(folder, 'refract.db'), findings, () => round(false, true, amount.held));
    findings.violations.push(...neverGranted(documents, findings));
    // It ends sessions and replaces keys, so that it comes last.
    await round(true, false, amount.admin);
    await hold(join(folder, 'refract.db'), findings, () => round(true, true, amount.held));
    const faults = server.complaints().match(/^.*"type":"fault".*$/gm) ?? [];
    findings.violations.push(...faults.slice(0, 3).map((line) => `the server wrote: ${line.slice(0, 300)}`));
  } finally {
    await server.stop();
  }
}

/** Keeps everybody else from writing meanwhile. */
async function hold(file: string, findings: Findings, meanwhile: () => Promise<void>): Promise<void> {
  const database = new Database(file, { timeout: 5_000 });
  try {
    database.exec('BEGIN IMMEDIATE');
    findings.faults += 1;
    await meanwhile();
  } finally {
    database.close();
  }
}

/** A proof in which nothing was let in would say nothing about what is. */
function neverGranted(documents: readonly Documented[], { seen }: Findings): readonly string[] {
  return documents
    .filter(
      ({ name, operations }) => name !== 'admin' && operations.some(({ id }) => !seen.get(`${name} ${id}`)?.has(200)),
    )
    .map(({ name }) => `${name}: no request was granted`);
}

async function fuzzMock(
  { tree, isQuick, random }: Context,
  documents: readonly Documented[],
  args: readonly string[],
  findings: Findings,
): Promise<void> {
  const amount = isQuick ? amounts.quick : amounts.full;
  const mock = await startMock(tree, ...args);
  try {
    const asked: Asked = {
      documents,
      // Open to any page.
      beside: /^(access-control-[a-z-]+|vary)$/,
      isMock: true,
      isHeld: false,
      isNamed: false,
      isLiving: () => true,
      isOurs: () => true,
      isMadeUp: args.includes('--dynamic'),
      isAdminToken: () => true,
    };
    const trying = createTrying({ origin: mock.origin, asked, known, random, findings, isPreferring: true });
    await trying.all(
      documents.filter(({ name }) => name !== 'admin'),
      amount.mockContracts,
    );
    await trying.all(
      documents.filter(({ name }) => name === 'admin'),
      amount.mockAdmin,
    );
  } finally {
    await mock.stop();
  }
}

/** A line for each contract, and one for the operators' own: the statuses, and of how many operations. */
function seenIn(documents: readonly Documented[], { seen }: Findings): readonly string[] {
  return documents.map(({ name, operations }) => {
    const statuses = operations.map(({ id }) => seen.get(`${name} ${id}`) ?? new Set<number>());
    const all = [...new Set(statuses.flatMap((some) => [...some]))].sort((a, b) => a - b);
    const granted = statuses.filter((some) => some.has(200) || some.has(201)).length;
    return `${name}: ${all.join(' ')}; granted by ${String(granted)} of ${String(operations.length)} operations`;
  });
}
