// The proof about kills has teeth: it finds what was answered and is gone, and what was ended and is back.
import { hasTeeth, laterCommit, type Tooth } from './planted.ts';

const bugs: readonly Tooth[] = [
  [
    'an answer leaves before its commit',
    // Whatever was answered and is gone: a refresh, or a revocation, which is seen by whoever asks first.
    /VIOLATION: \w+ [-\w]+: (locked out at generation \d+ with|granted after its revocation|an ended or superseded token was not refused)/,
    laterCommit,
  ],
  [
    'what was ended is back after a start',
    // By whoever goes on refreshing, or by whoever asks once more when all is over.
    /VIOLATION: \w+ [-\w]+: (granted after its revocation|an ended or superseded token was not refused)/,
    {
      file: 'src/store/sqlite/open.ts',
      text: '    switchToWal(database, busyTimeout);\n    return database;',
      replacement:
        "    switchToWal(database, busyTimeout);\n    database.exec('UPDATE session SET revoked_at = NULL, revoked_reason = NULL');\n    return database;",
    },
  ],
];

hasTeeth('crash', bugs);
