// What the programs of the peers have in common: what they are told by their arguments, and what they answer on the
// first line of their output.
import { keptInFile, keptInMemory, type Kept } from './kept.ts';

export interface PeerOptions<Content> {
  readonly kept: Kept<Content>;
  /** Of access tokens; refresh tokens are opaque. */
  readonly format: 'jwt' | 'opaque';
  readonly clients: number;
}

export interface PeerServed {
  readonly origin: string;
  /** The refresh token of each client. */
  readonly tokens: readonly string[];
}

/** Seconds, those of xerial. */
export const lifetimes = { access: 30 * 60, refresh: 30 * 86_400 };

/** Arguments: `memory` or the file of a database, `jwt` or `opaque`, and the number of clients. */
export async function served<Content>(serve: (options: PeerOptions<Content>) => Promise<PeerServed>): Promise<void> {
  const [place = '', format, clients] = process.argv.slice(2);
  const kept = place === 'memory' ? keptInMemory<Content>() : keptInFile<Content>(place);
  const answer = await serve({ kept, format: format === 'jwt' ? 'jwt' : 'opaque', clients: Number(clients) });
  console.log(JSON.stringify(answer));
}
