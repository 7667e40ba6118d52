// The storage proof finds each planted bug.
import { expectEachFound, type PlantedBug } from './planted.ts';

const bugs: readonly PlantedBug[] = [
  [
    'a refusal while the store is unavailable is found',
    /VIOLATION: a used up quota: fib responded 401/,
    {
      file: 'src/engine/engine.ts',
      text: "return { kind: 'unavailable' };",
      replacement: "return { kind: 'refused', refusal: 'invalid_token' };",
    },
  ],
  [
    'a readiness check that writes nothing is found',
    /VIOLATION: a used up quota: \/readyz responded 200/,
    { file: 'src/store/sqlite.ts', text: '        statements.probe.run();\n', replacement: '' },
  ],
];

expectEachFound('storage', bugs);
