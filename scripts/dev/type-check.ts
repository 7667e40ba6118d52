// A compiler that stays warm. It checks the adapters and clients against generated files of an edited document, or all
// sources. Unchanged files are parsed once.
import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A compile error. */
export interface TypeFinding {
  /** The path from the root. */
  readonly file: string;
  readonly line: number;
  /** The text of the line. */
  readonly source: string;
  readonly message: string;
}

export type TypeCheck = ReturnType<typeof createTypeCheck>;

/** @param folders to compile, from the root, with all that they import */
export function createTypeCheck(folders: readonly string[] = ['src/contracts', 'src/client', 'generated']) {
  // The compiler's own reader and parser.
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
  // After a syntax error further errors are noise.
  const diagnose = (file: string): readonly ts.Diagnostic[] => {
    const [syntaxError] = service.getSyntacticDiagnostics(file);
    return syntaxError === undefined ? service.getSemanticDiagnostics(file) : [syntaxError];
  };
  const findingsOf = (files: readonly string[]): readonly TypeFinding[] => files.flatMap(diagnose).map(findingOf);

  return {
    /**
     * Returns the errors in a contract's adapter, if it has one, and in its clients.
     * @param generated texts that replace files of `generated/`, by name, until the next call
     */
    findings: (contract: string, generated: ReadonlyMap<string, string> = new Map()) => {
      edited = new Map([...generated].map(([name, text]) => [join(root, 'generated', name), text]));
      calls += 1;
      // The adapter of the operators' contract is a folder.
      const adapter =
        contract === 'admin' ? sourcesIn(join(root, 'src', 'admin')) : [join(root, `src/contracts/${contract}.ts`)];
      return findingsOf(
        [
          ...adapter,
          ...[`src/client/${contract}.ts`, `generated/${contract}.ts`, `generated/${contract}.client.ts`].map((file) =>
            join(root, file),
          ),
        ].filter((file) => edited.has(file) || sys.fileExists(file)),
      );
    },
    /** Returns the errors in every file of the folders, with the texts of the last call. */
    allFindings: () => {
      calls += 1;
      return findingsOf(filesNow());
    },
  };
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** Returns a version of a file for the compiler; installed packages do not change. */
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
