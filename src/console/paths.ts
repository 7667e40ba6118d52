// Where the pages of the console are, said once.

const folder = '/console';

export const paths = {
  start: '/',
  status: '/status.json',
  reference: (contract: string): string => `${folder}/${contract}`,
  json: (contract: string): string => `${folder}/${contract}.json`,
  yaml: (contract: string): string => `${folder}/${contract}.yaml`,
  demo: (contract: string): string => `${folder}/demo/${contract}.json`,
  asset: (file: string): string => `${folder}/assets/${file}`,
  module: (file: string): string => `${folder}/modules/${file}`,
  session: (contract?: string): string =>
    contract === undefined ? `${folder}/session` : `${folder}/session/${contract}`,
  jwks: (contract: string): string => `/jwks/${contract}.json`,
} as const;
