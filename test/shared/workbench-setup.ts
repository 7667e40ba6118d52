// Runs once before the workbench and browser tests: reports missing Debian packages in one line.
import { missingPackages } from './debian-packages.ts';

export default function nameMissingPackages(): void {
  const missing = missingPackages().join(' ');
  if (missing !== '')
    process.stderr.write(`Tests that need a missing Debian package fail; apt-get install ${missing}\n`);
}
