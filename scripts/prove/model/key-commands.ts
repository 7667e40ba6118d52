// The life of keys, and servers that are started again: what must not be noticed by who holds a good token.
import fc from 'fast-check';
import type { ContractName } from '../../../test/shared/refreshing.ts';
import { accepted, step, type Command, type Played } from './played.ts';
import { settingsOf, variants } from './settings.ts';

export function keyCommands(contract: fc.Arbitrary<ContractName>): fc.Arbitrary<Command> {
  return fc.oneof(
    { weight: 4, arbitrary: contract.map(publish) },
    { weight: 6, arbitrary: fc.tuple(contract, fc.boolean()).map(([of, atOnce]) => rotate(of, atOnce)) },
    { weight: 6, arbitrary: fc.tuple(contract, fc.nat(3), fc.boolean()).map((chosen) => remove(...chosen)) },
    { weight: 2, arbitrary: contract.map(compromise) },
    { weight: 2, arbitrary: fc.nat(variants.length - 1).map(restart) },
  );
}

async function keySetsOf({ world }: Played, contract: ContractName) {
  const { data } = await world.admin().GET('/keys');
  return (data?.keySets ?? []).filter((one) => one.contract === contract);
}

function publish(contract: ContractName): Command {
  return step(`publish(${contract})`, async (played) => {
    const hasNext = (await keySetsOf(played, contract)).some(({ state }) => state === 'next');
    const body = { accessKey: null, refreshKey: null };
    const { response } = await played.world.admin().POST('/keys/{contract}', { params: { path: { contract } }, body });
    accepted(response, hasNext ? 409 : 201);
  });
}

function rotate(contract: ContractName, atOnce: boolean): Command {
  return step(`rotate(${contract}${atOnce ? ', at once' : ''})`, async (played) => {
    const hasNext = (await keySetsOf(played, contract)).some(({ state }) => state === 'next');
    const { response } = await played.world.admin().POST('/keys/{contract}/rotate', {
      params: { path: { contract } },
      body: { atOnce },
    });
    accepted(response, hasNext || atOnce ? 200 : 409);
    await played.followKeys();
  });
}

function remove(contract: ContractName, index: number, isForced: boolean): Command {
  return step(`remove(${contract}, ${String(index)}${isForced ? ', forced' : ''})`, async (played) => {
    const keySets = await keySetsOf(played, contract);
    const chosen = keySets[index % keySets.length];
    if (chosen === undefined) return;
    const { response } = await played.world.admin().DELETE('/keys/{contract}/{keySetId}', {
      params: { path: { contract, keySetId: chosen.id }, query: { force: isForced ? 'true' : 'false' } },
    });
    if (chosen.state === 'active') return accepted(response, 409);
    // Whether anything of it lives is the server's to know: if it says no, then nobody may be refused for it.
    if (!isForced && response.status === 409) return;
    accepted(response, 200);
    if (isForced) played.reference.lostKeys.add(chosen.refreshKid);
    else forgetDead(played, chosen.refreshKid);
  });
}

function forgetDead({ reference, journal }: Played, kid: string): void {
  for (const token of journal.given) {
    const session = reference.sessions.get(token.sessionId);
    const isDead = session === undefined || session.isRevoked || reference.now >= token.exp;
    if (token.kid === kid && isDead) token.isForgotten = true;
  }
}

function compromise(contract: ContractName): Command {
  return step(`compromise(${contract})`, async (played) => {
    const { reference, journal } = played;
    const before = await keySetsOf(played, contract);
    const { response } = await played.world.admin().POST('/keys/{contract}/compromise', {
      params: { path: { contract } },
    });
    accepted(response, 200);
    for (const { refreshKid } of before) reference.lostKeys.add(refreshKid);
    for (const session of reference.sessions.values()) {
      if (session.contract !== contract) continue;
      session.isRevoked = true;
      journal.ended.add(session.id);
    }
    await played.followKeys();
  });
}

function restart(variant: number): Command {
  return step(`restart(${String(variant)})`, async ({ world, reference }) => {
    await world.restart(variant);
    reference.settings = settingsOf(variant);
  });
}
