// A restore that ends at a step, as after a power cut: node restore-process.ts <backup> <database> <step>
import { restore } from '../../../src/store/sqlite/restore.ts';

const [, , file = '', database = '', last = ''] = process.argv;
restore({
  file,
  database,
  busyTimeout: 0,
  revocations: 'take-over',
  now: 1_700_000_000,
  onStep: (step) => {
    if (step === last) process.kill(process.pid, 'SIGKILL');
  },
});
