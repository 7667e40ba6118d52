// A failed process ends with exit code 1 despite the exit hooks of its packages.
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';

test.each(['prove', 'bench'])('the script %s fails with one sentence if the part is unknown', async (script) => {
  const { code, complaint } = await run(`scripts/${script}.ts`, 'nothing');
  expect(complaint).toMatch(new RegExp(`^${script}: [^\\n]*nothing[^\\n]*\\n$`));
  expect(code).toBe(1);
});

function run(...args: string[]): Promise<{ readonly code: number | null; readonly complaint: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, complaint }));
  });
}
