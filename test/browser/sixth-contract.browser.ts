// The session page of a contract that is added to a copy of this tree: it loads the new client and refreshes.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { copyTree } from '../shared/tree-copy.ts';
import { test } from '../shared/cli.ts';
import { root } from '../structure/tree.ts';
import { openBrowser, watch } from './watched.ts';

// Each step starts a process that loads the whole workbench.
vi.setConfig({ testTimeout: 180_000 });

const example = join(root, 'test', 'examples', 'oauth');

let browser: Browser;
let tree: ReturnType<typeof copyTree>;
beforeAll(async () => {
  browser = await openBrowser();
  tree = copyTree();
});
afterAll(async () => {
  await browser.close();
  tree.remove();
});

test('the session page of a sixth contract starts and refreshes', async ({ place, onTestFinished }) => {
  const run = async (script: string, ...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await place.program(process.execPath, [join(tree.folder, 'scripts', script), ...args]);
    expect(code, stderr).toBe(0);
  };
  await run('new-contract.ts', join(example, 'oauth.yaml'));
  cpSync(join(example, 'oauth.ts'), join(tree.folder, 'src', 'contracts', 'oauth.ts'));
  cpSync(join(example, 'client.ts'), join(tree.folder, 'src', 'client', 'oauth.ts'));
  await run('generate.ts');

  const server = await place.serveAlone({ main: join(tree.folder, 'src', 'main.ts') }, '--demo');
  const watched = await watch(browser, [`${server.origin}/`], { width: 1280, height: 800, scheme: 'light' });
  onTestFinished(watched.close);
  const { page } = watched;
  await page.goto(`${server.origin}/console/session/oauth`);
  await page.getByRole('button', { name: 'Sign in' }).click({ timeout: 60_000 });
  await page.locator('.entry-what', { hasText: 'Signed in as the demo subject' }).waitFor();
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await page.locator('.entry-what', { hasText: 'New tokens, for all tabs' }).waitFor();
  expect(await page.locator('.state').innerText()).toBe('Signed in.');
  expect(watched.findings).toEqual([]);
});
