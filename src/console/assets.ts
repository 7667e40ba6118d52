// The files that the pages load: those in assets/, the scripts that `npm run generate` bundles, and Swagger UI.
import { existsSync, readFileSync } from 'node:fs';
import type { Page } from '../http/types.ts';
import { paths, textHeaders, versionedHeaders } from './page.ts';

const assets = new URL('./assets/', import.meta.url);
const bundles = new URL('../../generated/console/', import.meta.url);

const texts = new Map<string, string>();

/** @throws Error for a missing file */
export function readAsset(file: string): string {
  const text = texts.get(file) ?? readFileSync(urlOf(file), 'utf8');
  texts.set(file, text);
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
  return new URL(file, file.endsWith('.js') ? bundles : assets);
}

/** The two files of the package swagger-ui-dist that the console serves. */
export interface SwaggerUi {
  readonly script: Page;
  readonly styles: Page;
}

let swaggerUi: SwaggerUi | undefined;

/** Reads the package once. Returns `undefined` when it is not installed. */
export function readSwaggerUi(): SwaggerUi | undefined {
  return (swaggerUi ??= readPackage());
}

/** Reads the copy in a build, or the package installed in a clone. */
function readPackage(): SwaggerUi | undefined {
  const manifest = ['../../swagger-ui/package.json', '../../scripts/runtime/node_modules/swagger-ui-dist/package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  if (manifest === undefined) return undefined;
  // The manifest of an installed package has a version.
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const pageOf = (file: string, extension: string, mediaType: string): Page => {
    const content = readFileSync(new URL(file, manifest));
    const path = paths.asset(`swagger-ui-${version}.${extension}`);
    return { path, mediaType, headers: versionedHeaders, read: () => content };
  };
  return {
    script: pageOf('swagger-ui-bundle.js', 'js', 'text/javascript'),
    styles: pageOf('swagger-ui.css', 'css', 'text/css'),
  };
}
