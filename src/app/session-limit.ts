// How often a session may be refreshed.
import type { SessionLimit } from '../http/limits.ts';

/**
 * Loaded when the first session is counted: a command without a port does without.
 * @param most refreshes of one session in a minute; 0 sets no limit
 */
export function sessionLimitOf(most: number): SessionLimit | undefined {
  if (most === 0) return undefined;
  let limit: Promise<SessionLimit> | undefined;
  const load = (): Promise<SessionLimit> =>
    (limit ??= import('../http/limits.ts').then(({ createSessionLimit }) => createSessionLimit(most)));
  return { count: async (sessionId) => (await load()).count(sessionId) };
}
