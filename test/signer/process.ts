// One of several processes that start on one folder: node process.ts <folder>
import { join } from 'node:path';
import { createSigner } from '../../src/signer/signer.ts';
import { answer, letGo } from '../shared/processes.ts';
import { algorithms, openStore } from './real-signer.ts';

const [, , folder = ''] = process.argv;
await letGo();
const store = openStore(folder);
const signer = await createSigner(store, { secret: undefined, file: join(folder, 'master.key') }, algorithms);
const contracts = [...algorithms.keys()];
answer({
  keyIds: contracts.map((contract) => signer.activeKeyId(contract)),
  published: contracts.map((contract) => signer.jwks(contract)),
  tokens: await Promise.all(contracts.map((each) => signer.sign(each, 'refresh', signer.activeKeyId(each), {}))),
});
await store.close();
