// What operators' own programs import: the types and the typed client of the admin contract.
export type { components, operations, paths } from '../../generated/admin.ts';
export { basePath, createAdminClient } from '../../generated/admin.client.ts';
