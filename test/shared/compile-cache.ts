// Keeps parsed documents from one start of a test to the next, as `refract` itself does: parsing them is most of a start.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

module.enableCompileCache(fileURLToPath(new URL('../../var/compile-cache', import.meta.url)));
