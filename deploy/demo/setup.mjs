/**
 * Makes what a demonstration in containers needs, once: an authority with the certificates of both sides, the secret of
 * the site node, whom the simulated hub knows, and the keys of the local signer. For demonstrations alone.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { createDevSigner } from '@hub-export/http-edge';
import { ensureAuthority } from '@hub-export/local-servers';

const [HUB = '/run/hub', SIMULATOR = '/demo/simulator', KEYS = '/run/dev-keys'] = process.argv.slice(2);

await createDevSigner(KEYS);

// Written last, so that it tells that all the rest is there.
const nodesFile = `${SIMULATOR}/nodes.json`;
if (!existsSync(nodesFile)) {
  const authority = await ensureAuthority(SIMULATOR);
  await authority.issue({
    commonName: 'hub-simulator',
    hosts: ['hub-simulator', 'localhost', '127.0.0.1'],
    keyFile: `${SIMULATOR}/hub.key`,
    certFile: `${SIMULATOR}/hub.crt`,
  });
  await authority.issue({
    commonName: 'site-a',
    client: true,
    keyFile: `${HUB}/client.key`,
    certFile: `${HUB}/client.crt`,
  });
  await copyFile(authority.caFile, `${HUB}/ca.crt`);
  const secret = randomBytes(24).toString('hex');
  await writeFile(`${HUB}/node-secret`, `${secret}\n`, { mode: 0o600 });
  await writeFile(nodesFile, JSON.stringify(whomTheHubKnows(secret), null, 2), { mode: 0o600 });
}
console.log(JSON.stringify({ event: 'demo_set_up' }));

function whomTheHubKnows(secret) {
  return {
    centers: ['center-a'],
    nodes: [
      { node_key: 'site-a', role: 'site_node', is_active: true, owning_center_key: 'center-a', secret },
      { node_key: 'hub', role: 'central_hub', is_active: true, owning_center_key: null },
    ],
    models: [],
  };
}
