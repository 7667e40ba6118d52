// The compiler, kept warm: over the adapters and generated clients with generated files as an edited document would have
// them, or over all sources as they are. What an edit does not touch is parsed once.
import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the compiler says of one place. */
export interface TypeFinding {
  /** From the root. */
  readonly file: string;
  readonly line: number;
  /** The text of that line. */
  readonly source: string;
  readonly message: string;
}

export interface TypeCheck {
  /**
   * What is wrong with a contract's adapter, if it has one yet, and with its client.
   * @param generated texts in place of files of `generated/`, by name; they stay until the next call
   */
  readonly findings: (contract: string, generated?: ReadonlyMap<string, string>) => readonly TypeFinding[];
  /** What is wrong with every file of the folders, with the texts of the last call. */
  readonly allFindings: () => readonly TypeFinding[];
}

/** @param folders from the root; what is compiled, along with all that it imports */
export function createTypeCheck(folders: readonly string[] = ['src/contracts', 'generated']): TypeCheck {
  // The compiler's own reader, whose result goes into its own parser.
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const filesNow = (): string[] => folders.flatMap((folder) => sourcesIn(join(root, folder)));
  let edited: ReadonlyMap<string, string> = new Map();
  let calls = 0;

  const { sys } = ts;
  const textOf = (file: string) => edited.get(file) ?? sys.readFile(file);
  const service = ts.createLanguageService({
    readFile: textOf,
    fileExists: (file) => edited.has(file) || sys.fileExists(file),
    directoryExists: (folder) => sys.directoryExists(folder),
    getDirectories: (folder) => sys.getDirectories(folder),
    useCaseSensitiveFileNames: () => sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => options,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getProjectVersion: () => String(calls),
    getScriptFileNames: filesNow,
    getScriptVersion: (file) => edited.get(file) ?? lastChanged(file),
    getScriptSnapshot: (file) => {
      const text = textOf(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
  });
  // What follows a slip of syntax is noise.
  const lookAt = (file: string): readonly ts.Diagnostic[] => {
    const [slip] = service.getSyntacticDiagnostics(file);
    return slip === undefined ? service.getSemanticDiagnostics(file) : [slip];
  };
  const look = (files: readonly string[]): readonly TypeFinding[] => files.flatMap(lookAt).map(findingOf);

  return {
    findings: (contract, generated = new Map()) => {
      edited = new Map([...generated].map(([name, text]) => [join(root, 'generated', name), text]));
      calls += 1;
      // The adapter of the operators' contract is a folder.
      const adapter =
        contract === 'admin' ? sourcesIn(join(root, 'src', 'admin')) : [join(root, `src/contracts/${contract}.ts`)];
      return look(
        [
          ...adapter,
          ...[`generated/${contract}.ts`, `generated/${contract}.client.ts`].map((file) => join(root, file)),
        ].filter((file) => edited.has(file) || sys.fileExists(file)),
      );
    },
    allFindings: () => {
      calls += 1;
      return look(filesNow());
    },
  };
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** The version of a file as it is; what is installed does not change under our feet. */
function lastChanged(file: string): string {
  if (file.includes(`${sep}node_modules${sep}`)) return 'installed';
  return String(statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 'gone');
}

function findingOf({ file, start = 0, messageText }: ts.Diagnostic): TypeFinding {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  if (file === undefined) return { file: '', line: 0, source: '', message };
  const { line } = file.getLineAndCharacterOfPosition(start);
  const source = file.text.split('\n')[line] ?? '';
  return { file: relative(root, file.fileName), line: line + 1, source: source.trim(), message };
}
