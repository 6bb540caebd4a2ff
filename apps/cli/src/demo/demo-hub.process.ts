import { ensureAuthority } from '@hub-export/local-servers';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SiteLayout } from '../site/layout.js';
import type { Ports } from '../site/ports.js';
import { keptSecret, writeSecret } from '../site/secret.file.js';
import type { ServicePlan } from '../site/supervisor.process.js';
import { hubNetwork, materialOf, SITE_NODE } from './network.js';

/** The simulated hub before it runs. */
export interface DemoHub {
  readonly plan: ServicePlan;
  /** The authority of its certificate and of the site's. */
  readonly caFile: string;
}

/** Makes authority, certificates and the shared secret. Certificates are new at each start, so none ends. */
export async function prepareHub(layout: SiteLayout, ports: Ports): Promise<DemoHub> {
  const { certificates, secrets, hub } = layout;
  const { hubCertificate, hubKey, clientCertificate, clientKey, nodeSecret } = materialOf(layout);
  await mkdir(certificates, { recursive: true });
  const authority = await ensureAuthority(certificates);
  await authority.issue({
    commonName: 'hub',
    hosts: ['127.0.0.1', 'localhost'],
    keyFile: hubKey,
    certFile: hubCertificate,
  });
  await authority.issue({ commonName: SITE_NODE, client: true, keyFile: clientKey, certFile: clientCertificate });
  const nodesFile = join(secrets, 'hub-nodes.json');
  writeSecret(nodesFile, JSON.stringify(hubNetwork(keptSecret(nodeSecret))));
  return {
    caFile: authority.caFile,
    plan: {
      app: 'hub-simulator',
      environment: {
        PORT: String(ports.hub),
        CONTROL_PORT: String(ports.hub_control),
        TLS_CERT_FILE: hubCertificate,
        TLS_KEY_FILE: hubKey,
        CLIENT_CA_FILE: authority.caFile,
        DATA_DIR: hub,
        NODES_FILE: nodesFile,
        HUB_PROFILE: 'endoreg-3.0',
      },
    },
  };
}
