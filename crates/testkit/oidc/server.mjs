// A real server of OpenID Connect for the tests: the package oidc-provider, on loopback.
// Usage: node server.mjs PORT DIRECTORY_WITH_NODE_MODULES
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import crypto from 'node:crypto';

const [port, directory] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${directory}/`));
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const key = (id) => ({ ...crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: 'RS256' });
// Resources by what their tokens are.
const formats = { 'https://modkeep.example/jwt': 'jwt', 'https://modkeep.example/opaque': 'opaque', 'https://other.example/': 'jwt' };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key('one')] },
  scopes: ['openid', 'offline_access', 'modkeep.read', 'modkeep.publish'],
  clients: [
    { client_id: 'modkeep', client_secret: 'the+secret:of modkeep', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    { client_id: 'go', token_endpoint_auth_method: 'none', grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], redirect_uris: [], response_types: [] },
  ],
  ttl: { ClientCredentials: 600, AccessToken: 600 },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://modkeep.example/jwt',
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => {
        if (!formats[resource]) throw new (require('oidc-provider').errors.InvalidTarget)();
        return { scope: 'modkeep.read modkeep.publish', audience: resource, accessTokenFormat: formats[resource], jwt: { sign: { alg: 'RS256' } } };
      },
    },
  },
});
provider.listen(Number(port), '127.0.0.1');
