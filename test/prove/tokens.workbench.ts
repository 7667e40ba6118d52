// The token proof finds each planted bug and reports its reason.
import { expectEachFound, type PlantedBug } from './planted.ts';

const bugs: readonly PlantedBug[] = [
  [
    'an algorithm that is taken from the header is found',
    /the algorithm .*got the response|as the secret: got the response/,
    {
      file: 'src/signer/signer.ts',
      text: 'if (key === undefined || header.alg !== key.algorithm) return undefined;\n      return verifyToken(key, token);',
      replacement:
        "if (key === undefined) return undefined;\n      if (header.alg.toLowerCase() === 'none') return decodeClaims(token);\n      return verifyToken({ ...key, algorithm: header.alg }, token);",
    },
  ],
  [
    'claims that are used without a signature are found',
    /got the response|unverified tokens reached the store/,
    {
      file: 'src/engine/claims.ts',
      text: "const claims = await signer.verify(contract, 'refresh', token);",
      replacement: "const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}');",
    },
  ],
  [
    'a read of the store before the verification is found',
    /unverified tokens reached the store \d+ times/,
    {
      file: 'src/engine/claims.ts',
      text: "const claims = await signer.verify(contract, 'refresh', token);",
      replacement:
        "await store.readImported(contract, signingInputHash(token));\n  const claims = await signer.verify(contract, 'refresh', token);",
    },
  ],
  [
    'lenient decoding of base64url is found',
    /another spelling: got the response/,
    {
      file: 'src/signer/signature.ts',
      text: "return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment;",
      replacement: "return segment !== '';",
    },
  ],
  [
    'one key for access and refresh tokens is found',
    /access token.*got the response/,
    {
      file: 'src/signer/signer.ts',
      text: 'return `${contract} ${use} ${kid}`;',
      replacement: 'return `${contract} ${kid}`;',
    },
  ],
  [
    'ignored unknown header members are found',
    /the header member .*got the response/,
    {
      file: 'src/signer/signature.ts',
      text: 'if (header === undefined || Object.keys(header).length !== 3) return undefined;',
      replacement: 'if (header === undefined) return undefined;',
    },
  ],
  [
    'a request to an address in the header is found',
    /an address in a token was called/,
    {
      file: 'src/signer/signature.ts',
      text: 'if (header === undefined || Object.keys(header).length !== 3) return undefined;',
      replacement:
        "if (typeof header?.jku === 'string') void fetch(header.jku).catch(() => undefined);\n  if (header === undefined || Object.keys(header).length !== 3) return undefined;",
    },
  ],
  [
    'a generation of another type than an integer is found',
    /the claim gen .*got the response/,
    {
      file: 'src/engine/claims.ts',
      text: 'if (!isCount(gen) || !isCount(iat)',
      replacement: 'if (!isCount(iat)',
    },
  ],
];

expectEachFound('tokens', bugs);
