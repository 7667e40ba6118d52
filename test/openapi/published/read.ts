/** Reads a transcription: `# Fields:`, one `>>> METHOD path`, and a `<<< status text` per reply, bodies below as JSON. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Published {
  text: string;
  fields: readonly string[];
  request: { method: string; path: string; body: unknown };
  replies: readonly { status: number; description: string; body: unknown }[];
}

export function readPublished(name: string): Published {
  const text = readFileSync(join(import.meta.dirname, `${name}.http`), 'utf8');
  const fields = /^# Fields: (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  const blocks = text.split(/^(?=>>>|<<<)/m).slice(1);
  const parsed = blocks.map((block) => {
    const [, kind = '', first = '', rest = '', body = ''] = /^(>>>|<<<) (\S+) (.*)\n([^]*)$/.exec(block) ?? [];
    return { kind, first, rest, body: body.trim() === '' ? undefined : (JSON.parse(body) as unknown) };
  });
  const [request, ...others] = parsed.filter(({ kind }) => kind === '>>>');
  if (!request || others.length > 0) throw new Error(`${name}.http does not have exactly one request.`);
  const replies = parsed.filter(({ kind }) => kind === '<<<');
  return {
    text,
    fields,
    request: { method: request.first.toLowerCase(), path: request.rest, body: request.body },
    replies: replies.map(({ first, rest, body }) => ({ status: Number(first), description: rest, body })),
  };
}
