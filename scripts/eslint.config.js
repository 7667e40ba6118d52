// Rules beyond the compiler: floating promises, `any` in every form, assertions without a reason, and the house rules.
// Prettier formats; the compiler and knip find unused code. From the root: eslint --config scripts/eslint.config.js .
import { dirname } from 'node:path';
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import onlyWriter from './eslint/only-writer.js';
import reasonedAssertion from './eslint/reasoned-assertion.js';
import reasonedDisable from './eslint/reasoned-disable.js';

const house = {
  rules: {
    'only-writer': onlyWriter,
    'reasoned-assertion': reasonedAssertion,
    'reasoned-disable': reasonedDisable,
  },
};

export default defineConfig(
  // test/examples/*/ has files for other projects, which no compiler knows in this place.
  { ignores: ['generated/', 'scripts/runtime/', 'var/', 'dist/', 'coverage/', 'test/examples/*/'] },
  {
    plugins: { house },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'house/reasoned-disable': 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: dirname(import.meta.dirname) } },
    rules: {
      // `void promise` does not wait either.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
      'house/reasoned-assertion': 'error',
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true, 'ts-check': true },
      ],
      // A new outcome must be a compile error, not fall into a default.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, allowDefaultCaseForExhaustiveSwitch: false },
      ],
      // Methods are compared bivariantly: a handler with a narrower parameter would compile.
      '@typescript-eslint/method-signature-style': ['error', 'property'],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      // A port is asynchronous even where one implementation does not wait.
      '@typescript-eslint/require-await': 'off',
      // The compiler reports these more precisely.
      '@typescript-eslint/no-unused-vars': 'off',
      // Both forms are correct.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/http/send.ts'],
    rules: { 'house/only-writer': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/main.ts reads the environment.' },
        { object: 'globalThis', property: 'process', message: 'Only src/main.ts reads the environment.' },
      ],
      'no-restricted-imports': [
        'error',
        ...['process', 'node:process'].map((name) => ({
          name,
          importNames: ['env'],
          message: 'Only src/main.ts reads the environment.',
        })),
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    // src/cli/run.ts imports commands, of its own layer, by their file names.
    ignores: ['src/app/**', 'src/cli/run.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          'ImportExpression:not([source.type="Literal"]):not([source.expressions.length=0])',
          'CallExpression[callee.property.name="getBuiltinModule"]:not([arguments.0.type="Literal"])',
        ].map((selector) => ({
          selector,
          message: 'Only src/app imports a module whose name is known at run time: check:imports cannot see it.',
        })),
      ],
    },
  },
  {
    files: ['src/cli/**', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A type test names what must not compile, with the reason.
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      // A test checks the bodies that it asserts.
      'house/reasoned-assertion': 'off',
      // `expect.any()` and its like are `any`. The use of another `any` is still reported.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
