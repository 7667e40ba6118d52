// Where the engine's thread begins: what it loads is compiled from what the last start has kept, as on the main thread.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

module.enableCompileCache(fileURLToPath(new URL('../../../var/compile-cache', import.meta.url)));
await import('./engine-worker.ts');
