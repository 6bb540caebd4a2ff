import type { HubProfile } from '@hub-export/contracts';
import { type RunningHub, startHubSimulator } from '@hub-export/hub-simulator';
import type { LocalAuthority } from '@hub-export/local-servers';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const CENTER = 'center-a';
export const NODE = 'site-a';
export const HUB = 'hub';
/** How long the hub holds a transfer for an upload that it never heard of again, in milliseconds. */
export const HUB_LEASE_MS = 2_000;

/** Where a site has the public key that media is sealed for. */
export function recipientKeyFile(folder: string): string {
  return join(folder, 'recipient.pem');
}

/** A hub over mutual TLS that knows one centre and one site node, and can open what is sealed for it. */
export async function startSiteHub(
  folder: string,
  authority: LocalAuthority,
  profile: HubProfile,
  secret: string,
): Promise<RunningHub> {
  const keyFile = join(folder, 'hub.key');
  const certFile = join(folder, 'hub.crt');
  await authority.issue({ commonName: 'hub', hosts: ['127.0.0.1', 'localhost'], keyFile, certFile });
  const [cert, key, clientCa] = await Promise.all(
    [certFile, keyFile, authority.caFile].map((file) => readFile(file, 'utf8')),
  );
  const recipient = generateKeyPairSync('x25519');
  await writeFile(recipientKeyFile(folder), recipient.publicKey.export({ format: 'pem', type: 'spki' }));
  return startHubSimulator({
    host: '127.0.0.1',
    port: 0,
    controlPort: 0,
    tls: { cert: cert ?? '', key: key ?? '', clientCa: clientCa ?? '' },
    clientCertificates: 'optional',
    dataDir: join(folder, 'hub'),
    profile,
    network: {
      centers: [CENTER],
      nodes: [
        { node_key: HUB, role: 'central_hub', is_active: true, owning_center_key: null },
        { node_key: NODE, role: 'site_node', is_active: true, owning_center_key: CENTER, secret },
      ],
      models: [{ name: 'segmenter', version: '4', labels: ['polyp'] }],
    },
    maxUploadBytes: 20 * 1024 ** 3,
    leaseMs: HUB_LEASE_MS,
    featureEnabled: true,
    recipientPrivateKeys: [recipient.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()],
  });
}
