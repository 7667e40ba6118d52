// refract demo: fresh ready-to-paste calls for a server that runs on the same database.
import { printDemoCalls } from './calls.ts';
import { databaseOption, parse, setUp, withRefract, type Command } from './command.ts';

export const demo: Command = {
  usage: 'demo [--port PORT] [--db FILE]',
  summary: 'Prints a ready-to-paste call with a live token for every contract',
  options: [['--port PORT', 'the port of the server (PORT; default 8080)'], databaseOption],
  run: async (rest) => {
    const { values } = parse(rest, { port: { type: 'string' }, db: { type: 'string' } });
    const setup = await setUp({ port: values.port, database: values.db });
    await withRefract(setup, (refract) =>
      printDemoCalls(refract, refract.contracts, `http://${setup.config.host}:${String(setup.config.port)}`),
    );
  },
};
