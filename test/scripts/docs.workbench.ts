// The static reference as files: each contract has its page, and none of them names anything to load from elsewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeDocs } from '../../scripts/docs.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { loadAdminDocument } from '../../src/app/contracts.ts';
import { temporaryFolder } from '../shared/folder.ts';

const contracts = await loadContracts();
const root = join(import.meta.dirname, '..', '..');

test('a start page and a page for each contract are written, and nothing besides', { timeout: 60_000 }, async () => {
  const folder = join(temporaryFolder(), 'made', 'on the way');
  const chosen = contracts.filter(({ name }) => name === 'cloudreve' || name === 'fib');
  await writeDocs(chosen, loadAdminDocument(), folder, {
    public: 'https://tokens.example',
    admin: 'https://operators.example',
  });
  expect(readdirSync(folder).sort()).toEqual(['admin.html', 'cloudreve.html', 'fib.html', 'index.html']);
  const index = readFileSync(join(folder, 'index.html'), 'utf8');
  expect([...index.matchAll(/href="([^"]+\.html)"/g)].map(([, file]) => file)).toEqual([
    'cloudreve.html',
    'fib.html',
    'admin.html',
  ]);
  for (const file of readdirSync(folder)) {
    const page = readFileSync(join(folder, file), 'utf8');
    // Not `expect(page)`: a page that fails would be printed, and it is two megabytes.
    expect(page.includes('https://tokens.example'), file).toBe(file !== 'admin.html');
    expect(page.includes('https://operators.example'), file).toBe(file === 'admin.html' || file === 'index.html');
    expect(page.includes('cdn.redoc.ly'), file).toBe(false);
    if (file === 'index.html') expect(page).not.toMatch(/<script|<link[^>]+href="(?!data:)|@import|url\(/);
    else expect(page.includes(`<meta http-equiv="Content-Security-Policy" content="default-src 'none';`)).toBe(true);
  }
});

test('what is written by default is not in the tree', () => {
  expect(existsSync(join(root, '.gitignore')) && readFileSync(join(root, '.gitignore'), 'utf8')).toContain('var/');
});
