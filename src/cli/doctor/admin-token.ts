// Who may administrate: that there is a token which a start would take, under names that can be told apart.
import { isForeseen } from '../../errors.ts';
import { adminTokenFile, inspectAdminTokens } from '../../app/app.ts';
import type { Config } from '../../config.ts';
import type { Finding } from './finding.ts';

/** Says where the tokens are and what they are called, never what they are. */
export function checkAdminToken(config: Config): readonly Finding[] {
  const finding = (level: Finding['level'], sentence: string): readonly Finding[] => [
    { level, check: 'admin token', sentence },
  ];
  const file = adminTokenFile(config);
  try {
    const names = inspectAdminTokens(config);
    if (names === undefined)
      return finding('warn', `There is no admin token yet; the first start makes it, in ${file}.`);
    if (config.adminToken !== undefined && config.adminTokenFile !== undefined) {
      return finding('warn', 'REFRACT_ADMIN_TOKEN wins over REFRACT_ADMIN_TOKEN_FILE; give one of them.');
    }
    return finding('ok', `${names.join(', ')}, from ${config.adminToken === undefined ? file : 'REFRACT_ADMIN_TOKEN'}`);
  } catch (reason) {
    if (!isForeseen(reason)) throw reason;
    return finding('FAIL', reason.message);
  }
}
