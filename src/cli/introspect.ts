// refract introspect: whether a token is active. It is read from a file or a pipe: every account of the machine sees a
// command line, and the shell's history keeps it.
import { createReadStream } from 'node:fs';
import { RefractError } from '../errors.ts';
import { codeOf, withSettings, type AddCommand, type Cli } from './command.ts';

/** Bytes. No token is as long. */
const longest = 16_384;

export const introspect: AddCommand = (program, cli) =>
  withSettings(
    program
      .command('introspect')
      .description('Shows whether a token is active, and its claims if so')
      .argument('<file>', 'holds an access or refresh token of any contract; - reads standard input')
      .action(async (file, _options, command) => {
        if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(file) && file.startsWith('eyJ')) {
          throw new RefractError(
            'usage',
            'A token on a command line is visible to others; name a file, or - for standard input.',
          );
        }
        const token = await tokenIn(file, cli);
        await cli.withRefract(await cli.setUp(command), async (refract) => {
          cli.print(JSON.stringify(await refract.introspect(token), undefined, 2));
        });
      }),
  );

async function tokenIn(file: string, { pathOf, surroundings }: Cli): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // A stream of bytes as long as no encoding is set.
    const stream = file === '-' ? surroundings.stdin : (createReadStream(pathOf(file)) as AsyncIterable<Uint8Array>);
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > longest) break;
    }
  } catch (reason) {
    throw new RefractError('command', `The file ${file} cannot be read (${codeOf(reason)}).`);
  }
  const token = Buffer.concat(chunks).toString('utf8').trim();
  if (token !== '' && size <= longest) return token;
  throw new RefractError('command', `There is no token in ${file === '-' ? 'standard input' : file}.`);
}
