// The proof about commits has teeth: what no killed process would miss, it reads off the system calls.
import { hasTeeth, laterCommit, type Bug, type Tooth } from './planted.ts';

const synchronous = (weakened: string): Bug => ({
  file: 'src/store/sqlite/open.ts',
  text: "database.pragma('synchronous = FULL');",
  replacement: `database.pragma('synchronous = ${weakened}');`,
});

const bugs: readonly Tooth[] = [
  [
    'commits are written and not waited for',
    /VIOLATION: answer \d+ left while .*refract\.db-wal was written and not on disk/,
    synchronous('NORMAL'),
  ],
  [
    'nothing is ever waited for',
    /VIOLATION: answer \d+ left while .*refract\.db-wal was written and not on disk/,
    synchronous('OFF'),
  ],
  ['commits are made later', /VIOLATION: answer \d+ left without a wait for the disk since its request/, laterCommit],
];

hasTeeth('durable', bugs);
