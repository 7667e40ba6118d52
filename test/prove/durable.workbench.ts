// The durability proof finds planted bugs in the system calls, which killing a process cannot show.
import { expectEachFound, laterCommit, type Bug, type PlantedBug } from './planted.ts';

const synchronous = (weakened: string): Bug => ({
  file: 'src/store/sqlite/open.ts',
  text: "database.pragma('synchronous = FULL');",
  replacement: `database.pragma('synchronous = ${weakened}');`,
});

const bugs: readonly PlantedBug[] = [
  [
    'a commit that is written and not synchronized is found',
    /VIOLATION: response \d+ left while .*refract\.db-wal was written and not on disk/,
    synchronous('NORMAL'),
  ],
  [
    'a store that never synchronizes is found',
    /VIOLATION: response \d+ left while .*refract\.db-wal was written and not on disk/,
    synchronous('OFF'),
  ],
  [
    'a commit after its response is found',
    /VIOLATION: response \d+ left without a wait for the disk since its request/,
    laterCommit,
  ],
];

expectEachFound('durable', bugs);
