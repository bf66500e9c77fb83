// Makes tokens.json with another implementation: `npm install jose@6 && node make.mjs > tokens.json`.
// Keys and times are new in every run; the tests read both from the file.
import * as jose from 'jose';
import crypto from 'node:crypto';

const issuer = 'https://login.example.com/realm';
const now = 1893456000; // 2030-01-01T00:00:00Z
const base = { iss: issuer, aud: 'modkeep', sub: 'alice', iat: now - 10, exp: now + 600, scope: 'openid modkeep.read', realm: { roles: ['staff', 'ops'] } };

const make = async (alg, extra) => jose.generateKeyPair(alg, { extractable: true, ...extra });
const names = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];
const pairs = {}, keys = [];
for (const name of names) {
  pairs[name] = await make(name);
  keys.push({ ...(await jose.exportJWK(pairs[name].publicKey)), kid: name, use: 'sig', alg: name });
}
// An RSA key without alg, a key for encryption, a symmetric key, and a curve that is not taken.
const free = await make('RS256');
keys.push({ ...(await jose.exportJWK(free.publicKey)), kid: 'free' });
keys.push({ ...(await jose.exportJWK((await make('RSA-OAEP')).publicKey)), kid: 'enc', use: 'enc' });
keys.push({ kty: 'oct', k: 'c2VjcmV0', kid: 'oct' });
keys.push({ ...(await jose.exportJWK((await make('ES512')).publicKey)), kid: 'p521', alg: 'ES512' });

const sign = (claims, header, key) => new jose.SignJWT(claims).setProtectedHeader(header).sign(key);
const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const cases = [];
const add = (name, expected, token) => cases.push({ name, expected, token });
const rs = (claims, header = {}) => sign(claims, { alg: 'RS256', kid: 'RS256', ...header }, pairs.RS256.privateKey);
const without = (name) => { const claims = { ...base }; delete claims[name]; return claims; };

for (const name of names) add(name, 'ok', await sign(base, { alg: name, kid: name, typ: 'JWT' }, pairs[name].privateKey));
add('a key without alg', 'ok', await sign(base, { alg: 'PS256', kid: 'free', typ: 'at+jwt' }, (await crypto.subtle.importKey('jwk', await jose.exportJWK(free.privateKey), { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['sign']))));
add('several audiences', 'ok', await rs({ ...base, aud: ['other', 'modkeep'] }));
add('scp as an array', 'ok', await rs({ ...without('scope'), scp: ['modkeep.read'] }));
add('expired within the leeway', 'ok', await rs({ ...base, exp: now - 59 }));
add('exp with a fraction', 'ok', await rs({ ...base, exp: now + 0.5 }));

add('expired', 'expired', await rs({ ...base, exp: now - 61 }));
add('not yet (nbf)', 'expired', await rs({ ...base, nbf: now + 61 }));
add('from the future (iat)', 'expired', await rs({ ...base, iat: now + 3600 }));
add('no exp', 'claim', await rs(without('exp')));
add('exp is a text', 'claim', await new jose.CompactSign(new TextEncoder().encode(JSON.stringify({ ...base, exp: 'soon' }))).setProtectedHeader({ alg: 'RS256', kid: 'RS256' }).sign(pairs.RS256.privateKey));
add('wrong audience', 'wrong_audience', await rs({ ...base, aud: 'other' }));
add('no audience', 'wrong_audience', await rs(without('aud')));
add('audience that begins alike', 'wrong_audience', await rs({ ...base, aud: 'modkeep2' }));
add('wrong issuer', 'wrong_issuer', await rs({ ...base, iss: 'https://login.example.com' }));
add('issuer with a slash more', 'wrong_issuer', await rs({ ...base, iss: issuer + '/' }));
add('no issuer', 'wrong_issuer', await rs(without('iss')));
add('missing scope', 'scope', await rs({ ...base, scope: 'openid modkeep.readall' }));
add('no scope', 'scope', await rs(without('scope')));
add('no subject', 'claim', await rs(without('sub')));
add('a subject with a line break', 'claim', await rs({ ...base, sub: 'a\nb' }));
add('groups that are numbers', 'claim', await rs({ ...base, realm: { roles: [1] } }));
add('unknown key', 'unknown_key', await rs(base, { kid: 'gone' }));
add('no kid', 'ok', await sign(base, { alg: 'EdDSA' }, pairs.EdDSA.privateKey));
add('no kid, several keys', 'unknown_key', await sign(base, { alg: 'RS256' }, pairs.RS256.privateKey));
const stranger = await make('RS256');
add('signed by a stranger', 'bad_signature', await sign(base, { alg: 'RS256', kid: 'RS256' }, stranger.privateKey));
add('kid of a key for another algorithm', 'bad_signature', await sign(base, { alg: 'RS256', kid: 'ES256' }, pairs.RS256.privateKey));
add('alg other than that of the key', 'bad_signature', await sign(base, { alg: 'RS384', kid: 'RS256' }, pairs.RS384.privateKey));
add('kid of the encryption key', 'unknown_key', await rs(base, { kid: 'enc' }));
add('kid of the symmetric key', 'bad_signature', await sign(base, { alg: 'HS256', kid: 'oct' }, new TextEncoder().encode('secret')));
// The public key as the secret of an HMAC (algorithm confusion).
const pem = await jose.exportSPKI(pairs.RS256.publicKey);
add('HS256 keyed with the public key', 'bad_signature', await sign(base, { alg: 'HS256', kid: 'RS256' }, new TextEncoder().encode(pem)));
for (const alg of ['none', 'None', 'NONE', 'rs256', 'HS384', 'ES256K', 'ES512', 'RSA-OAEP', ''])
  add(`alg ${JSON.stringify(alg)} without a signature`, 'bad_signature', `${b64({ alg, kid: 'RS256' })}.${b64(base)}.`);
const [head, , signature] = (await rs(base)).split('.');
add('another payload under the signature', 'bad_signature', `${head}.${b64({ ...base, sub: 'root' })}.${signature}`);
add('an empty signature', 'bad_signature', `${head}.${b64(base)}.`);
const es = await sign(base, { alg: 'ES256', kid: 'ES256' }, pairs.ES256.privateKey);
add('ECDSA signature of zeros', 'bad_signature', es.slice(0, es.lastIndexOf('.') + 1) + b64(Buffer.alloc(64).toString('latin1')));
add('a critical extension', 'malformed', `${b64({ alg: 'RS256', kid: 'RS256', crit: ['b64'], b64: true })}.${b64(base)}.${signature}`);
add('a token for a logout', 'malformed', await rs(base, { typ: 'logout+jwt' }));
add('a claim twice', 'malformed', await new jose.CompactSign(new TextEncoder().encode(JSON.stringify(base).replace('{', '{"sub":"root",'))).setProtectedHeader({ alg: 'RS256', kid: 'RS256' }).sign(pairs.RS256.privateKey));
add('claims that are an array', 'malformed', await new jose.CompactSign(new TextEncoder().encode('[1]')).setProtectedHeader({ alg: 'RS256', kid: 'RS256' }).sign(pairs.RS256.privateKey));
add('padding', 'malformed', (await rs(base)).replace('.', '=.'));

console.log(JSON.stringify({ issuer, now, jwks: { keys }, cases }, null, 1));
