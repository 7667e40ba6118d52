// A watched page: every error of the browser, and every request to another origin, is a finding.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as engine, type Browser, type Page } from 'playwright-core';
import { chromium } from './chromium.ts';

/** The views that the pages are tested in: a desktop and a phone, each with both colour schemes. */
export const views = [1280, 360].flatMap((width) =>
  (['light', 'dark'] as const).map((scheme) => ({ width, height: width === 360 ? 740 : 800, scheme })),
);
export type View = (typeof views)[number];

export interface Watched {
  readonly page: Page;
  /** The findings so far, one sentence each. */
  readonly findings: readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts a browser, which the caller closes. */
export function openBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return engine.launch({ executablePath: chromium, args: isRoot ? ['--no-sandbox'] : [] });
}

/** Opens a page whose requests must begin with one of `allowed`. */
export async function watch(browser: Browser, allowed: readonly string[], view: View): Promise<Watched> {
  const { width, height, scheme } = view;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const findings: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) findings.push(`the console shows: ${message.text()}`);
  });
  page.on('pageerror', (error) => findings.push(`a script failed: ${error.message}`));
  page.on('requestfailed', (request) => findings.push(`a request failed: ${request.url()}`));
  page.on('request', (request) => {
    const url = request.url();
    const isInside = ['data:', 'blob:'].some((scheme) => url.startsWith(scheme));
    if (!isInside && !allowed.some((origin) => url.startsWith(origin)))
      findings.push(`requested another origin: ${url}`);
  });
  return { page, findings, close: () => context.close() };
}

// Set it to get screenshots.
const folder = process.env['BROWSER_SCREENSHOTS'];

/** Writes a screenshot of the whole page if BROWSER_SCREENSHOTS is set. */
export async function picture(page: Page, name: string, { width, scheme }: View): Promise<void> {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}-${String(width)}-${scheme}.png`), fullPage: true });
}
