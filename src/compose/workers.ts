// Whether a server can have so many threads that read and answer.
import { ConfigError, type Config } from '../config.ts';

/** @throws ConfigError with one sentence where there can be one alone */
export function checkWorkers({
  workers,
  engineThread,
  databaseUrl,
}: Pick<Config, 'workers' | 'engineThread' | 'databaseUrl'>): void {
  if (workers === 1) return;
  const given = `REFRACT_WORKERS is ${String(workers)}`;
  if (databaseUrl !== undefined)
    throw new ConfigError(`${given}, which is for a SQLite file; on PostgreSQL start more servers instead.`);
  if (engineThread === 'off')
    throw new ConfigError(`${given}, which needs the engine's own thread; leave REFRACT_ENGINE_THREAD on.`);
}
