// Swagger UI as the package swagger-ui-dist brings it, read once: from the copy that is in what tsc built, or in the clone
// from the package itself. A server without either has its reference pages all the same, and they say what is missing.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '../http/types.ts';
import { assets } from './assets.ts';
import { versionedHeaders } from './headers.ts';
import { paths } from './paths.ts';

/** The files of the package that are served. */
export interface SwaggerUi {
  readonly script: Page;
  readonly styles: Page;
}

/** What a reference page loads, with or without the package. */
export function referenceAssets(swaggerUi: SwaggerUi | undefined): readonly Page[] {
  const own = [assets.referenceStyles, assets.tryIt];
  return swaggerUi === undefined ? own : [...own, swaggerUi.script, swaggerUi.styles];
}

let known: SwaggerUi | undefined;

/** `undefined` where there is neither. */
export function readSwaggerUi(): SwaggerUi | undefined {
  return (known ??= readPackage());
}

function readPackage(): SwaggerUi | undefined {
  const manifest = findManifest();
  if (manifest === undefined) return undefined;
  // A manifest of npm has a version, or the package would not have been installed.
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const served = (file: string, ending: string, mediaType: string): Page => {
    const content = readFileSync(fileURLToPath(new URL(file, manifest)));
    const path = paths.asset(`swagger-ui-${version}.${ending}`);
    return { path, mediaType, headers: versionedHeaders, read: () => content };
  };
  return {
    script: served('swagger-ui-bundle.js', 'js', 'text/javascript'),
    styles: served('swagger-ui.css', 'css', 'text/css'),
  };
}

function findManifest(): URL | undefined {
  const copy = new URL('../../swagger-ui/package.json', import.meta.url);
  if (existsSync(copy)) return copy;
  const installed = new URL('../../scripts/runtime/node_modules/swagger-ui-dist/package.json', import.meta.url);
  return existsSync(installed) ? installed : undefined;
}
