// The package on a consumer's page: bundled from the tarball, with a server of another origin.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startApi, type Api } from '../examples/consumer/api-server.ts';
import { makeConsumer } from '../package/consumer.ts';
import { contracts } from '../shared/refreshing.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { openBrowser, watch, type Watched } from './watched.ts';

// npm installs the package.
vi.setConfig({ hookTimeout: 300_000 });

let browser: Browser;
let server: TestServer;
let api: Api;
beforeAll(async () => {
  const consumer = await makeConsumer();
  try {
    const html = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><main></main>';
    api = await startApi({
      '/': ['text/html', `${html}<script src="/script.js"></script>`],
      '/script.js': ['text/javascript', await consumer.bundle('consumer/page.ts')],
    });
  } finally {
    consumer.remove();
  }
  const environment = Object.fromEntries(contracts.map((name) => [`REFRACT_${name.toUpperCase()}_CORS_ORIGINS`, '*']));
  [browser, server] = await Promise.all([openBrowser(), startServer({ environment })]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  api.stop();
});

async function openPage(): Promise<Watched> {
  const watched = await watch(browser, [api.origin, server.origin], { width: 1280, height: 800, scheme: 'light' });
  onTestFinished(watched.close);
  await watched.page.goto(api.origin);
  return watched;
}

/** Calls a function of the page's script with values. */
function call({ page }: Watched, expression: string, ...values: readonly unknown[]): Promise<unknown> {
  return page.evaluate(`(${expression})(...${JSON.stringify(values)})`);
}

test('the client of every contract refreshes in Chromium', async () => {
  const opened = await openPage();
  const issued = await Promise.all(contracts.map(async (name) => [name, await server.issue(name)] as const));
  const renewed = await call(opened, 'bundled.refreshAll', server.origin, Object.fromEntries(issued));
  const isToken: unknown = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(renewed).toEqual(Object.fromEntries(contracts.map((name) => [name, isToken])));
  expect(opened.findings).toEqual([]);
});

test('a React page shows the session, refreshes on a 401, and shows its end', async () => {
  const opened = await openPage();
  const expectStatus = (words: string) => expect.poll(() => opened.page.locator('#status').innerText()).toBe(words);
  await server.refract.store.putSubject('alice', { email: undefined, account: undefined, role: undefined });
  const issued = await server.refract.issue('fib', 'alice');
  if (issued.kind === 'refused') throw new Error(issued.refusal);
  const { access, refresh } = issued.grant;

  await call(opened, '(...args) => { session = bundled.open(...args); }', server.origin, {
    accessToken: access.token,
    refreshToken: refresh.token,
    expiresIn: 300,
  });
  await expectStatus('signed in');

  api.refuse(access.token);
  const read = () => call(opened, `async () => (await session.fetch('/profile')).json()`);
  expect(await read()).toEqual({ subject: 'alice' });
  expect(api.statuses).toEqual([401, 200]);

  await opened.page.reload();
  await call(opened, '(...args) => { session = bundled.open(...args); }', server.origin);
  await expectStatus('signed in');
  expect(await read()).toEqual({ subject: 'alice' });
  expect(api.statuses).toEqual([401, 200, 200]);

  await server.refract.administration.revokeSession(issued.session.id, { actor: 'test' });
  const reason = 'async () => session.accessTokenAfter(await session.accessToken()).catch(({ name }) => name)';
  expect(await call(opened, reason)).toBe('SignedOut');
  await expectStatus('signed out');
  // The browser logs every response from 400 up, and reports the unread body of that one as failed.
  const expected = [/status of 401/, /a request failed: .*\/profile$/];
  expect(opened.findings.filter((finding) => !expected.some((one) => one.test(finding)))).toEqual([]);
});
