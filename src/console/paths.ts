// Where the pages of the console are.

const folder = '/console';

export const paths = {
  start: '/',
  status: '/status.json',
  reference: (contract: string): string => `${folder}/${contract}`,
  json: (contract: string): string => `${folder}/${contract}.json`,
  yaml: (contract: string): string => `${folder}/${contract}.yaml`,
  demo: (contract: string): string => `${folder}/demo/${contract}.json`,
  asset: (file: string): string => `${folder}/assets/${file}`,
  session: (contract?: string): string =>
    contract === undefined ? `${folder}/session` : `${folder}/session/${contract}`,
  jwks: (contract: string): string => `/jwks/${contract}.json`,
} as const;
