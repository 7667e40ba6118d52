// Whether a server can have so many threads that read and answer.
import { ConfigError, type Config } from '../config.ts';

/** @throws ConfigError with one sentence where there can be one alone */
export function checkWorkers({
  workers,
  engineThread,
  databaseUrl,
}: Pick<Config, 'workers' | 'engineThread' | 'databaseUrl'>): void {
  if (workers === 1) return;
  const several = `${String(workers)} workers`;
  if (databaseUrl !== undefined)
    throw new ConfigError(`${several} are for a SQLite file; on PostgreSQL start more servers instead.`);
  if (engineThread === 'off')
    throw new ConfigError(`${several} need the engine's own thread; leave REFRACT_ENGINE_THREAD on.`);
}
