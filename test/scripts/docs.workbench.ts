// The static reference as files: a page for each contract, and none loads anything from another origin.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeDocs } from '../../scripts/docs.ts';
import { loadAdminDocument, loadContracts } from '../../src/app/contracts.ts';
import { temporaryFolder } from '../shared/folder.ts';

const contracts = await loadContracts();
const root = join(import.meta.dirname, '..', '..');

test('docs writes a start page and a page for each contract, with one header', { timeout: 60_000 }, async () => {
  const folder = join(temporaryFolder(), 'made', 'on the way');
  const chosen = contracts.filter(({ name }) => name === 'cloudreve' || name === 'fib');
  await writeDocs(chosen, loadAdminDocument(), folder, {
    public: 'https://tokens.example',
    admin: 'https://operators.example',
  });
  expect(readdirSync(folder).sort()).toEqual(['admin.html', 'cloudreve.html', 'fib.html', 'index.html']);
  const index = readFileSync(join(folder, 'index.html'), 'utf8');
  const contractPages = ['cloudreve.html', 'fib.html', 'admin.html'];
  const header = ['index.html', ...contractPages];
  expect(linksIn(index)).toEqual([...header, ...contractPages]);
  for (const file of readdirSync(folder)) {
    const page = readFileSync(join(folder, file), 'utf8');
    // Not `expect(page)`: a failure would print two megabytes.
    expect(page.includes('https://tokens.example'), file).toBe(file !== 'admin.html');
    expect(page.includes('https://operators.example'), file).toBe(file === 'admin.html' || file === 'index.html');
    expect(page.includes('cdn.redoc.ly'), file).toBe(false);
    if (file === 'index.html') expect(page).not.toMatch(/<script|<link[^>]+href="(?!data:)|@import|url\(/);
    else expect(linksIn(page.slice(page.indexOf('<header'), page.indexOf('</header>')))).toEqual(header);
    if (file !== 'index.html')
      expect(page.includes(`<meta http-equiv="Content-Security-Policy" content="default-src 'none';`)).toBe(true);
  }
});

function linksIn(page: string): (string | undefined)[] {
  return [...page.matchAll(/href="([^"]+\.html)"/g)].map(([, file]) => file);
}

test('the default folder of the docs is ignored by git', () => {
  expect(existsSync(join(root, '.gitignore')) && readFileSync(join(root, '.gitignore'), 'utf8')).toContain('var/');
});
