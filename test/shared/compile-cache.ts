// Caches parsed documents between starts, as `refract` does: parsing them takes most of a start.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

module.enableCompileCache(fileURLToPath(new URL('../../var/compile-cache', import.meta.url)));
