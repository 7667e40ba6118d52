// The subject of demo sessions: there and enabled whenever one is issued.
import type { SubjectStore } from '../admin/ports.ts';

const demoSubject = 'demo';

/** Adds the demo subject where it is missing, enables it where it is not, and says its id. */
export async function putDemoSubject(subjects: SubjectStore): Promise<string> {
  const known = await subjects.readSubject(demoSubject);
  if (known === undefined || known.deletedAt !== undefined) {
    const details = { email: 'demo@example.com', account: 'demo@refract', role: 'ROLE_USER' };
    await subjects.putSubject(demoSubject, details);
  }
  if (known?.disabledAt !== undefined) await subjects.enableSubject(demoSubject);
  return demoSubject;
}
