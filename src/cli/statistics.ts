// refract statistics: how many subjects there are, and how many sessions of each contract.
import { RefractError } from '../errors.ts';
import type { Administration } from '../app/app.ts';
import { commonFlags, commonOptions, parse, print, printTable, setUp, withRefract, type Command } from './command.ts';
import { counted } from './counted.ts';

export const statistics: Command = {
  usage: 'statistics [--format table|json] [--db FILE] [--config FILE]',
  summary: 'Counts subjects, and living, revoked and expired sessions of each contract',
  options: [['--format table|json', 'table (default), or one JSON object'], ...commonOptions],
  run: async (rest) => {
    const { values } = parse(rest, { format: { type: 'string', default: 'table' }, ...commonFlags });
    const { format, db, config } = values;
    if (format !== 'table' && format !== 'json')
      throw new RefractError('usage', `--format must be table or json, not ${format}.`);
    await withRefract(await setUp({ database: db, configFile: config }), async ({ administration }) => {
      const counts = await administration.count();
      if (format === 'json') {
        print(JSON.stringify(counts));
        return;
      }
      printTable(columns, counts.contracts);
      print(counted(counts.subjects, 'subject'));
    });
  },
};

type Contract = Awaited<ReturnType<Administration['count']>>['contracts'][number];

const columns: readonly (readonly [heading: string, cell: (of: Contract) => string])[] = [
  ['contract', ({ contract }) => contract],
  ['living', ({ living }) => String(living)],
  ['revoked', ({ revoked }) => String(revoked)],
  ['expired', ({ expired }) => String(expired)],
];
