// refract introspect: what a token is good for. It is read from a file or a pipe: what stands on a command line is seen by
// every account of the machine, and kept in the shell's history.
import { createReadStream } from 'node:fs';
import { RefractError } from '../errors.ts';
import { commonFlags, commonOptions, parse, print, required, setUp, withRefract, type Command } from './command.ts';

/** Bytes. No token is as long, and a file that is none need not be read to its end. */
const longest = 16_384;

export const introspect: Command = {
  usage: 'introspect FILE [--db FILE] [--config FILE]',
  summary: 'Tells whether a token is active, and what it says if so',
  options: [['FILE', 'an access or refresh token of any contract; - reads standard input'], ...commonOptions],
  run: async (rest) => {
    const { values, positionals } = parse(rest, commonFlags, 1);
    const file = required(positionals[0], 'The file with the token');
    if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(file) && file.startsWith('eyJ')) {
      throw new RefractError(
        'usage',
        'A token does not belong on a command line, which others can see; name a file, or - for standard input.',
      );
    }
    const token = await tokenIn(file);
    await withRefract(await setUp({ database: values.db, configFile: values.config }), async (refract) => {
      print(JSON.stringify(await refract.introspect(token), undefined, 2));
    });
  },
};

async function tokenIn(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Both are streams of bytes as long as no encoding is set.
    for await (const chunk of (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > longest) break;
    }
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown';
    throw new RefractError('command', `The file ${file} cannot be read (${code}).`);
  }
  const token = Buffer.concat(chunks).toString('utf8').trim();
  if (token === '' || size > longest)
    throw new RefractError('command', `There is no token in ${file === '-' ? 'standard input' : file}.`);
  return token;
}
