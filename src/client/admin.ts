// The package entry of the admin contract: types and typed client, for programs of operators.
export type { components, operations, paths } from '../../generated/admin.ts';
export { basePath, createAdminClient } from '../../generated/admin.client.ts';
