// The compiler over the adapters and the generated clients, with generated files as an edited document would have them.
// One compiler for all edits: what an edit does not touch is parsed once.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..');

/** What the compiler says of one place. */
export interface Finding {
  /** From the root. */
  readonly file: string;
  readonly line: number;
  /** The text of that line. */
  readonly source: string;
  readonly message: string;
}

export interface TypeCheck {
  /**
   * What is wrong with a contract's adapter and client.
   * @param generated texts in place of files of `generated/`, by name
   */
  readonly findings: (contract: string, generated?: ReadonlyMap<string, string>) => readonly Finding[];
}

export function createTypeCheck(): TypeCheck {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const roots = ['src/contracts', 'generated'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(root, folder, file)),
  );
  let edited: ReadonlyMap<string, string> = new Map();
  let edits = 0;

  const { sys } = ts;
  const textOf = (file: string) => edited.get(file) ?? sys.readFile(file);
  const service = ts.createLanguageService({
    readFile: textOf,
    fileExists: (file) => sys.fileExists(file),
    directoryExists: (folder) => sys.directoryExists(folder),
    getDirectories: (folder) => sys.getDirectories(folder),
    useCaseSensitiveFileNames: () => sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => options,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getProjectVersion: () => String(edits),
    getScriptFileNames: () => roots,
    getScriptVersion: (file) => (edited.has(file) ? String(edits) : 'as it is'),
    getScriptSnapshot: (file) => {
      const text = textOf(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
  });

  return {
    findings: (contract, generated = new Map()) => {
      edited = new Map([...generated].map(([name, text]) => [join(root, 'generated', name), text]));
      edits += 1;
      return [`src/contracts/${contract}.ts`, `generated/${contract}.ts`, `generated/${contract}.client.ts`]
        .map((file) => join(root, file))
        .flatMap((file) => [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)])
        .map(findingOf);
    },
  };
}

function findingOf({ file, start = 0, messageText }: ts.Diagnostic): Finding {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  if (file === undefined) return { file: '', line: 0, source: '', message };
  const { line } = file.getLineAndCharacterOfPosition(start);
  const source = file.text.split('\n')[line] ?? '';
  return { file: relative(root, file.fileName), line: line + 1, source: source.trim(), message };
}
