// The files that the pages load: those in assets/, the scripts that `npm run generate` bundles, and Swagger UI.
import { existsSync, readFileSync } from 'node:fs';
import type { Page } from '../http/types.ts';
import { paths, textHeaders, versionedHeaders } from './page.ts';

const own = new URL('./assets/', import.meta.url);
const bundled = new URL('../../generated/console/', import.meta.url);

const known = new Map<string, string>();

/** @throws Error where there is no such file */
export function readAsset(file: string): string {
  const text = known.get(file) ?? readFileSync(urlOf(file), 'utf8');
  known.set(file, text);
  return text;
}

export function hasAsset(file: string): boolean {
  return existsSync(urlOf(file));
}

export function assetPage(file: string): Page {
  const mediaType = file.endsWith('.js') ? 'text/javascript' : file.endsWith('.css') ? 'text/css' : 'image/svg+xml';
  const text = readAsset(file);
  return { path: paths.asset(file), mediaType, headers: textHeaders, read: () => text };
}

function urlOf(file: string): URL {
  return new URL(file, file.endsWith('.js') ? bundled : own);
}

/** The files of the package swagger-ui-dist that are served. */
export interface SwaggerUi {
  readonly script: Page;
  readonly styles: Page;
}

let swaggerUi: SwaggerUi | undefined;

/** Read once; `undefined` where the package is not installed, which the reference pages then say. */
export function readSwaggerUi(): SwaggerUi | undefined {
  return (swaggerUi ??= readPackage());
}

function readPackage(): SwaggerUi | undefined {
  const manifest = findManifest();
  if (manifest === undefined) return undefined;
  // The manifest of an installed package has a version.
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const served = (file: string, ending: string, mediaType: string): Page => {
    const content = readFileSync(new URL(file, manifest));
    const path = paths.asset(`swagger-ui-${version}.${ending}`);
    return { path, mediaType, headers: versionedHeaders, read: () => content };
  };
  return {
    script: served('swagger-ui-bundle.js', 'js', 'text/javascript'),
    styles: served('swagger-ui.css', 'css', 'text/css'),
  };
}

/** Of the copy in what is built, or in a clone of the package itself. */
function findManifest(): URL | undefined {
  const copy = new URL('../../swagger-ui/package.json', import.meta.url);
  if (existsSync(copy)) return copy;
  const installed = new URL('../../scripts/runtime/node_modules/swagger-ui-dist/package.json', import.meta.url);
  return existsSync(installed) ? installed : undefined;
}
