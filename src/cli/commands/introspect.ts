// refract introspect: shows whether a token is active. It reads the token from a file or a pipe, because other accounts
// see a command line, and the shell's history stores it.
import { RefractError } from '../../errors.ts';
import { readInput, type AddCommand, type Cli } from '../command.ts';

export const introspect: AddCommand = (program, cli) =>
  program
    .command('introspect')
    .description('Shows whether a token is active, and its claims if so')
    .argument('<file>', 'contains an access or refresh token of any contract; - reads standard input')
    .action(async (file, _options, command) => {
      if (/^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(file)) {
        throw new RefractError(
          'usage',
          'A token on a command line is visible to others; name a file, or - for standard input.',
        );
      }
      const token = await readToken(cli, file);
      await cli.withRefract(await cli.setUp(command), async (refract) => {
        cli.print(JSON.stringify(await refract.introspect(token), undefined, 2));
      });
    });

/** Bytes; every token is shorter. */
const longest = 16_384;

async function readToken(cli: Cli, file: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readInput(cli, file)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longest) break;
  }
  const token = Buffer.concat(chunks).toString('utf8').trim();
  if (token !== '' && size <= longest) return token;
  throw new RefractError('command', `There is no token in ${file === '-' ? 'standard input' : file}.`);
}
