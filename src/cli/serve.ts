// refract serve: the server, until it is told to stop.
import { logging, type Refract } from '../compose.ts';
import { printDemoCalls } from './calls.ts';
import {
  CommandError,
  databaseOption,
  parse,
  print,
  setUp,
  UsageError,
  withRefract,
  type Command,
  type Setup,
} from './command.ts';

interface Only {
  readonly contract: string;
  readonly at?: string;
}

export const serve: Command = {
  usage: 'serve [--port PORT] [--host HOST] [--db FILE] [--demo] [--only CONTRACT [--at PATH]]',
  summary: 'Starts the server',
  options: [
    ['--port PORT', 'TCP port (PORT; default 8080; 0 takes a free one)'],
    ['--host HOST', 'address to listen on (REFRACT_HOST; default 127.0.0.1)'],
    databaseOption,
    ['--demo', 'print a ready-to-paste call with a live token for every contract; on this machine alone'],
    ['--only CONTRACT', 'serve one contract'],
    ['--at PATH', 'mount that contract at another base path, / included, as a drop-in for the original'],
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      port: { type: 'string' },
      host: { type: 'string' },
      db: { type: 'string' },
      demo: { type: 'boolean' },
      only: { type: 'string' },
      at: { type: 'string' },
    });
    const only = onlyOf(values.only, values.at);
    const setup = await setUp({ port: values.port, host: values.host, database: values.db });
    if (values.demo === true) refuseOtherHosts(setup.config.host);
    const stop = stopSignal();
    await withRefract(
      setup,
      async (refract) => {
        const origin = await open(refract, setup, only);
        await printStart(refract, setup, origin, only, values.demo === true);
        await stop;
      },
      logging(setup.config),
    );
  },
};

function onlyOf(contract: string | undefined, at: string | undefined): Only | undefined {
  if (contract === undefined) {
    if (at !== undefined) throw new UsageError('--at needs --only, which says what to mount there.');
    return undefined;
  }
  if (at === undefined) return { contract };
  if (!/^\/([\w.~-]+(\/[\w.~-]+)*\/?)?$/.test(at)) {
    throw new UsageError(`--at must be a path such as /api/v4 or /, not ${JSON.stringify(at)}.`);
  }
  return { contract, at: at === '/' ? at : at.replace(/\/$/, '') };
}

/** Demo sessions are printed where anyone at the terminal can read them; they must not open a door to others. */
function refuseOtherHosts(host: string): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  throw new UsageError(`--demo prints live tokens and listens on this machine alone; ${host} is refused.`);
}

async function open(refract: Refract, { config }: Setup, only: Only | undefined): Promise<string> {
  try {
    return await refract.listen(only);
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? reason.code : undefined;
    const place = `port ${String(config.port)} on ${config.host}`;
    if (code === 'EADDRINUSE') {
      throw new CommandError(
        `Another program listens on ${place}; stop it, or choose another port with --port or PORT.`,
      );
    }
    if (code === 'EACCES')
      throw new CommandError(`This account may not listen on ${place}; choose a port from 1024 up.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new CommandError(`${config.host} is not an address of this machine; choose another with --host.`);
    }
    throw reason;
  }
}

async function printStart(
  refract: Refract,
  { config }: Setup,
  origin: string,
  only: Only | undefined,
  isDemo: boolean,
): Promise<void> {
  const contracts = refract.contracts.filter(({ name }) => only === undefined || name === only.contract);
  print(`Refract listens on ${origin} (sessions in ${config.database})`);
  print();
  const width = Math.max(...contracts.map(({ name }) => name.length), 'contract'.length);
  print(`${'contract'.padEnd(width)}  method  URL`);
  for (const { name, document } of contracts) {
    for (const { method, path } of document.operations) {
      const at = only?.at ?? document.basePath;
      print(`${name.padEnd(width)}  ${method.toUpperCase().padEnd(6)}  ${origin}${at === '/' ? '' : at}${path}`);
    }
  }
  if (!isDemo) return;
  print();
  print('A call with a live token for each. A call works once, and again within a minute with the same tokens;');
  print('`npm run -s refract -- demo` prints new ones.');
  await printDemoCalls(refract, contracts, origin, only?.at);
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.once('SIGINT', () => process.exit(1));
      process.once('SIGTERM', () => process.exit(1));
      resolve();
    };
    let isStopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        if (isStopping) return;
        isStopping = true;
        stop();
      });
    }
  });
}
