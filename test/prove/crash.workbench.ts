// The crash proof finds planted bugs: lost commits and restored sessions.
import { expectEachFound, laterCommit, type PlantedBug } from './planted.ts';

const bugs: readonly PlantedBug[] = [
  [
    'a response that leaves before its commit is found',
    // The lost commit is a refresh or a revocation, depending on the token that is presented first.
    /VIOLATION: \w+ [-\w]+: (locked out at generation \d+ with|granted after its revocation|an ended or superseded token was not refused)/,
    laterCommit,
  ],
  [
    'a start that restores revoked sessions is found',
    // By a client that continues, or by the check at the end.
    /VIOLATION: \w+ [-\w]+: (granted after its revocation|an ended or superseded token was not refused)/,
    {
      file: 'src/store/sqlite/open.ts',
      text: '    switchToWal(database, busyTimeout);\n    return database;',
      replacement:
        "    switchToWal(database, busyTimeout);\n    database.exec('UPDATE session SET revoked_at = NULL, revoked_reason = NULL');\n    return database;",
    },
  ],
];

expectEachFound('crash', bugs);
