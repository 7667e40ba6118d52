// refract demo: fresh ready-to-paste calls for a server that runs on the same database.
import { RefractError } from '../errors.ts';
import { originOf } from '../app/app.ts';
import { printDemoCalls } from './calls.ts';
import { checkContract, commonFlags, commonOptions, parse, setUp, withRefract, type Command } from './command.ts';
import { onlyFlags, onlyOf } from './only.ts';

export const demo: Command = {
  usage: 'demo [--port PORT] [--host HOST] [--db FILE] [--config FILE] [--only CONTRACT [--at PATH]]',
  summary: 'Prints a ready-to-paste call with a live token for every contract',
  options: [
    ['--port PORT', 'the port of the server (PORT; default 8080)'],
    ['--host HOST', 'the address of the server (REFRACT_HOST; default 127.0.0.1)'],
    ...commonOptions,
    ['--only CONTRACT', 'the call of one contract'],
    ['--at PATH', 'where the server mounts that contract, if it was told so'],
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      port: { type: 'string' },
      host: { type: 'string' },
      ...commonFlags,
      ...onlyFlags,
    });
    const only = onlyOf(values);
    const setup = await setUp({ port: values.port, host: values.host, database: values.db, configFile: values.config });
    const { host, port } = setup.config;
    if (port === 0) throw new RefractError('usage', '--port must be the one that the server printed, not 0.');
    checkContract(setup, only?.contract);
    await withRefract(setup, (refract) => printDemoCalls(refract, originOf(host, port), only));
  },
};
