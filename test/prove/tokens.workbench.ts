// The proof about tokens has teeth: it holds for this tree, and a bug planted in a copy makes it fail, for its own reason.
import { hasTeeth, type Tooth } from './planted.ts';

const bugs: readonly Tooth[] = [
  [
    'the algorithm is taken from the header',
    /the algorithm .*answered|as the secret: answered/,
    {
      file: 'src/signer/signer.ts',
      text: 'if (key === undefined || header.alg !== key.algorithm) return undefined;\n      return verifiedBy(key, token);',
      replacement:
        "if (key === undefined) return undefined;\n      if (header.alg.toLowerCase() === 'none') return parseObject(Buffer.from(token.split('.')[1], 'base64url'));\n      return verifiedBy({ ...key, algorithm: header.alg }, token);",
    },
  ],
  [
    'claims are trusted before the signature',
    /answered with|unverified tokens reached the store/,
    {
      file: 'src/engine/claims.ts',
      text: "const claims = await signer.verify(contract, 'refresh', token);",
      replacement: "const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}');",
    },
  ],
  [
    'the store is read before the signature is verified',
    /unverified tokens reached the store \d+ times/,
    {
      file: 'src/engine/claims.ts',
      text: "const claims = await signer.verify(contract, 'refresh', token);",
      replacement:
        "await store.readImported(contract, signingInputHash(token));\n  const claims = await signer.verify(contract, 'refresh', token);",
    },
  ],
  [
    'base64url is read leniently',
    /another spelling: answered/,
    {
      file: 'src/signer/compact.ts',
      text: "return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment;",
      replacement: "return segment !== '';",
    },
  ],
  [
    'one key serves two uses',
    /access token.*answered/,
    {
      file: 'src/signer/signer.ts',
      text: 'return `${contract} ${use} ${kid}`;',
      replacement: 'return `${contract} ${kid}`;',
    },
  ],
  [
    'header members that are unknown are ignored',
    /the header member .*answered/,
    {
      file: 'src/signer/compact.ts',
      text: 'if (members === undefined || Object.keys(members).length !== 3) return undefined;',
      replacement: 'if (members === undefined) return undefined;',
    },
  ],
  [
    'an address in the header is followed',
    /an address in a token was called/,
    {
      file: 'src/signer/compact.ts',
      text: 'if (members === undefined || Object.keys(members).length !== 3) return undefined;',
      replacement:
        "if (typeof members?.jku === 'string') void fetch(members.jku).catch(() => undefined);\n  if (members === undefined || Object.keys(members).length !== 3) return undefined;",
    },
  ],
  [
    'a generation of any type is read',
    /the claim gen .*answered/,
    {
      file: 'src/engine/claims.ts',
      text: 'if (!isCount(gen) || !isCount(iat)',
      replacement: 'if (!isCount(iat)',
    },
  ],
];

hasTeeth('tokens', bugs, true);
