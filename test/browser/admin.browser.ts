// The admin reference in Chromium: legible in every view, and used with a typed-in token that is not stored.
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { flaws } from './legible.ts';
import { openBrowser, picture, views, watch, type View, type Watched } from './watched.ts';

const { operations } = loadDocument(`${openapiFolder}/admin.yaml`);
const desk: View = { width: 1280, height: 800, scheme: 'light' };

let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([openBrowser(), startServer({ admin: true })]);
  await server.issue('xerial', 'ann');
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function open(view: View, path = '/console/admin'): Promise<Watched> {
  const origin = await server.adminOrigin();
  const watched = await watch(browser, [`${origin}/`], view);
  onTestFinished(watched.close);
  await watched.page.goto(origin + path);
  await watched.page.locator('.opblock').first().waitFor();
  return watched;
}

async function authorize({ page }: Watched, token = adminToken): Promise<void> {
  await page.getByRole('button', { name: 'Authorize', exact: true }).click();
  await page.getByLabel('auth-bearer-value').fill(token);
  await page.getByLabel('Apply credentials').click();
  await page.locator('.auth-container').getByRole('button', { name: 'Close' }).click();
}

/** Unfolds an operation and enables its fields. */
async function tryOut({ page }: Watched, operationId: string): Promise<Locator> {
  const operation = page.locator(`[id$="-${operationId}"]`);
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  return operation;
}

async function execute(operation: Locator): Promise<{ readonly status: string; readonly body: unknown }> {
  await operation.locator('.execute').click();
  const response = operation.locator('.live-responses-table .response');
  await response.locator('.highlight-code pre').waitFor();
  const body: unknown = JSON.parse(await response.locator('.highlight-code pre').innerText());
  return { status: (await response.locator('.response-col_status').innerText()).trim().slice(0, 3), body };
}

describe.each(views)('at $width pixels, $scheme', (view) => {
  test('the admin reference is legible folded, with the dialog and with a response', async () => {
    const watched = await open(view);
    const { page } = watched;
    expect(await flaws(page)).toEqual([]);
    await picture(page, 'admin', view);
    await page.getByRole('button', { name: 'Authorize', exact: true }).click();
    await page.getByLabel('auth-bearer-value').fill(adminToken);
    expect(await flaws(page)).toEqual([]);
    await picture(page, 'admin-authorize', view);
    await page.getByLabel('Apply credentials').click();
    await page.locator('.auth-container').getByRole('button', { name: 'Close' }).click();
    const operation = await tryOut(watched, 'listSessions');
    expect((await execute(operation)).status).toBe('200');
    expect(await flaws(page)).toEqual([]);
    await picture(page, 'admin-response', view);
    const change = await tryOut(watched, 'issueSession');
    await change.locator('.execute').waitFor();
    expect(await flaws(page)).toEqual([]);
    await picture(change.page(), 'admin-body', view);
    expect(watched.findings).toEqual([]);
  });
});

describe('the admin reference', () => {
  test('the admin reference shows every operation once, folded, in its group', async () => {
    const { page } = await open(desk);
    const groups = await page.locator('.opblock-tag').evaluateAll((tags) => tags.map(({ id }) => id));
    expect(groups).toEqual(
      ['subjects', 'sessions', 'keys', 'imports', 'records'].map((tag) => `operations-tag-${tag}`),
    );
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    expect(await page.locator('.opblock.is-open').count(), 'all folded').toBe(0);
  });

  test('the admin reference unfolds the operation that its address names', async () => {
    const { page } = await open(desk, '/console/admin#/keys/rotateKeySet');
    await page.locator('.opblock.is-open').waitFor();
    expect(await page.locator('.opblock.is-open .opblock-summary-path').innerText()).toMatch(/\/rotate$/);
  });

  test('the admin reference links to the status page and back', async () => {
    const { page, findings } = await open(desk);
    await page.getByRole('link', { name: 'status', exact: true }).click();
    await page.locator('.figures dd').first().waitFor();
    await page.getByRole('link', { name: 'reference', exact: true }).click();
    await page.locator('.opblock').first().waitFor();
    expect(findings).toEqual([]);
  });
});

describe('a typed-in token', () => {
  test('a typed-in token reads the statistics and issues a session, which is then listed', async () => {
    const watched = await open(desk);
    await authorize(watched);
    const statistics = await execute(await tryOut(watched, 'getStatistics'));
    expect(statistics).toMatchObject({ status: '200', body: { subjects: 1 } });
    const issuing = await tryOut(watched, 'issueSession');
    await issuing.locator('textarea').fill('{"contract":"fib","subjectId":"ann","label":"by hand"}');
    expect((await execute(issuing)).status).toBe('201');
    const listing = await tryOut(watched, 'listSessions');
    await listing.getByPlaceholder('contract').fill('fib');
    expect(await execute(listing)).toMatchObject({ status: '200', body: { sessions: [{ label: 'by hand' }] } });
    expect(watched.findings).toEqual([]);
  });

  test('a typed-in token is neither stored nor shown, and lost after a reload', async () => {
    const watched = await open(desk);
    const { page } = watched;
    await authorize(watched);
    const operation = await tryOut(watched, 'getStatistics');
    expect((await execute(operation)).status).toBe('200');
    expect(await operation.locator('.curl').innerText()).toContain('Bearer …');
    expect(await page.content()).not.toContain(adminToken);
    const stored = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
    expect(stored).toEqual([0, 0, '']);
    await page.reload({ waitUntil: 'networkidle' });
    // The address names the operation, so it is unfolded again.
    await operation.getByRole('button', { name: 'Try it out' }).click();
    expect(await execute(operation)).toMatchObject({ status: '401', body: { title: 'Unauthorized' } });
  });
});
