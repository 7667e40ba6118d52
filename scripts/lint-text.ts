/**
 * Finds words that the style rules replace, test names that are too long, and commit subjects of another form.
 *
 *     npm run check:text
 *     node scripts/lint-text.ts src/store test/store
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';

/** A word to avoid and what to write instead. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/\b(whoever|nobody|somebody|someone|anybody|anyone|everybody|everyone)\b/, 'the user, caller, client or operator'],
  [/\b(whatever|whichever|wherever)\b/, 'name the thing'],
  [/\b(tell|tells|telling|told)\b/, 'report, return, send or log'],
  [/\b(answer|answers|answered|answering)\b/, 'response, respond or return'],
  [/\b(goes|go|going|went|gone) on\b/, 'continue'],
  [/\bwhat (is|was|are|were) there\b/, 'name the thing'],
  [/\b(hold|holds|held|holding) against\b/, 'validate against or compare with'],
  [/\b(hold|holds|held|holding) \S+ against\b/, 'validate against or compare with'],
  [/\bas it has it\b/, 'as stored or as written'],
  [/\b(mend|mends|mended|mending)\b/, 'fix'],
  [/\bwhat (comes|came) of\b/, 'the result of'],
  [/\bliving (session|token|subject)s?\b/, 'active'],
  [/\b(is|are|was|were) over\b/, 'expired or ended'],
  [/\b(shut|shuts|shutting) (\w+ )?out\b/, 'revoke'],
  [/\b(let|lets|letting) (\w+ )?in\b/, 'accept'],
  [/\bturned away\b/, 'throttled or rejected'],
  [/\b(lie|lies|lying) (in|beside|under|there)\b/, 'is'],
  [/\bone word too many\b/, 'unexpected argument'],
  [/\bby and by\b|\bonce and for all\b/, 'say when'],
];

/** Names of log events and metric labels, which never change. */
const publicNames: ReadonlySet<string> = new Set(['answered']);

/** Characters of the longest test name and of the longest commit subject. */
const longest = { testName: 80, subject: 72 };

export interface TextFinding {
  readonly file: string;
  readonly line: number;
  /** What is wrong and what to do, as the end of a sentence. */
  readonly what: string;
}

/** Finds words to avoid and, in tests, long names. In code only comments and strings count. */
export function findInText(file: string, text: string): readonly TextFinding[] {
  if (!/\.(ts|js|mjs)$/.test(file)) return findWords(file, text, [{ start: 0, text }]);
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return [...findWords(file, text, proseOfCode(source)), ...findLongNames(file, source)];
}

/** Finds subjects that are not Conventional Commits (https://www.conventionalcommits.org/en/v1.0.0/) or too long. */
export function findInSubjects(subjects: readonly string[]): readonly string[] {
  const form = /^(feat|fix|perf|refactor|test|docs|build|ci|chore|revert|style)(\([a-z0-9-]+\))?!?: \S/;
  return subjects.flatMap((subject) => [
    ...(form.test(subject) ? [] : [`"${subject}" is not a Conventional Commit; write "type(scope): subject".`]),
    ...(subject.length > longest.subject ? [`"${subject}" has more than ${String(longest.subject)} characters.`] : []),
  ]);
}

interface Prose {
  readonly start: number;
  readonly text: string;
}

function findWords(file: string, text: string, prose: readonly Prose[]): readonly TextFinding[] {
  return prose.flatMap((part) =>
    replacements.flatMap(([pattern, instead]) =>
      Array.from(part.text.matchAll(new RegExp(pattern, 'gi')), ({ 0: word, index }) => ({
        file,
        line: lineAt(text, part.start + index),
        what: `avoid "${word}"; write ${instead}`,
      })),
    ),
  );
}

function proseOfCode(source: ts.SourceFile): readonly Prose[] {
  const found = new Map<number, string>();
  const visit = (node: ts.Node): void => {
    if ((ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) && !publicNames.has(node.text)) {
      found.set(node.getStart(source), node.getText(source));
    }
    if (ts.isToken(node)) {
      for (const { pos, end } of commentsBefore(source.text, node.pos)) found.set(pos, source.text.slice(pos, end));
    }
    node.getChildren(source).forEach(visit);
  };
  visit(source);
  return Array.from(found, ([start, text]) => ({ start, text }));
}

function commentsBefore(text: string, position: number): readonly ts.CommentRange[] {
  return [
    ...(ts.getLeadingCommentRanges(text, position) ?? []),
    ...(ts.getTrailingCommentRanges(text, position) ?? []),
  ];
}

function findLongNames(file: string, source: ts.SourceFile): readonly TextFinding[] {
  const found: TextFinding[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(describe|it|test)\b/.test(node.expression.getText(source))) {
      const [name] = node.arguments;
      if (name !== undefined && ts.isStringLiteralLike(name) && name.text.length > longest.testName) {
        const what = `the test name has ${String(name.text.length)} characters; write at most ${String(longest.testName)}`;
        found.push({ file, line: lineAt(source.text, name.getStart(source)), what });
      }
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** Files whose words are this project's. The published documents keep the published words. */
function ownFiles(root: string, paths: readonly string[]): readonly string[] {
  const others = [
    ...['scripts/lint-text.ts', 'test/scripts/lint-text.test.ts'],
    ...['openapi/cloudreve.yaml', 'openapi/fib.yaml', 'openapi/kirjaswappi.yaml', 'openapi/orillion.yaml'],
    'openapi/xerial.yaml',
  ];
  const listed = execFileSync('git', ['ls-files', ...paths], { cwd: root, encoding: 'utf8' }).split('\n');
  return listed.filter((file) => /\.(ts|js|mjs|css|html|md|yaml|sh)$/.test(file) && !others.includes(file));
}

/** Subjects of the commits since this check exists, without merges. A clone without history has one commit or none. */
function ownSubjects(root: string): readonly string[] {
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const [first = ''] = git('log', '--diff-filter=A', '--format=%H', '--', 'scripts/lint-text.ts').split('\n').reverse();
  if (first === '') return [];
  return git('log', '--no-merges', '--format=%s', `${first}..HEAD`)
    .split('\n')
    .filter((subject) => subject !== '');
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  const paths = process.argv.slice(2);
  const all = ['src', 'scripts', 'test', 'openapi', '.github', '*.md'];
  const findings = ownFiles(root, paths.length > 0 ? paths : all).flatMap((file) =>
    findInText(file, readFileSync(`${root}/${file}`, 'utf8')),
  );
  for (const { file, line, what } of findings) console.error(`${file}:${String(line)}: ${what}.`);
  const subjects = paths.length > 0 ? [] : findInSubjects(ownSubjects(root));
  for (const what of subjects) console.error(`commit ${what}`);
  if (findings.length + subjects.length > 0) process.exitCode = 1;
}
