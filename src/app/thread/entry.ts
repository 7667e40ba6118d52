// The entry of the engine thread. It enables the compile cache before the other modules are loaded, as the main thread does.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

module.enableCompileCache(fileURLToPath(new URL('../../../var/compile-cache', import.meta.url)));
await import('./engine-worker.ts');
