import type { SiteLayout } from '../site/layout.js';
import { join } from 'node:path';

/** Who plays in the demo. */
export const CENTER = 'center-a';
export const SITE_NODE = 'site-a';
export const HUB_NODE = 'hub';

/** Files of the demo's certificates and of the secret that site and hub share. */
export function materialOf({ certificates, secrets }: SiteLayout) {
  return {
    hubCertificate: join(certificates, 'hub.crt'),
    hubKey: join(certificates, 'hub.key'),
    clientCertificate: join(certificates, 'site-a.crt'),
    clientKey: join(certificates, 'site-a.key'),
    nodeSecret: join(secrets, 'node-secret'),
  };
}

/** The bodies of `PUT /v1/nodes/{node_key}`. */
export function nodeDocuments(layout: SiteLayout, hub: { readonly url: string; readonly caFile: string }) {
  const { clientCertificate, clientKey, nodeSecret } = materialOf(layout);
  return {
    [SITE_NODE]: {
      role: 'site_node',
      display_name: 'Site A',
      is_active: true,
      owning_center_key: CENTER,
      center_scope: [CENTER],
      secret_ref: `file:${nodeSecret}`,
    },
    [HUB_NODE]: {
      role: 'central_hub',
      display_name: 'Simulated hub',
      is_active: true,
      base_url: `${hub.url}/`,
      profile: 'endoreg-3.0',
      tls: { client_cert_file: clientCertificate, client_key_file: clientKey, ca_file: hub.caFile },
      recipient_public_key_file: null,
      eligible_states: ['VALIDATED'],
      limits: { concurrency: 4, requests_per_second: 50, bandwidth_bytes_per_second: null, windows: [] },
    },
  };
}

/** Whom the simulated hub knows. */
export function hubNetwork(nodeSecret: string) {
  return {
    centers: [CENTER],
    nodes: [
      { node_key: HUB_NODE, role: 'central_hub', is_active: true, owning_center_key: null },
      { node_key: SITE_NODE, role: 'site_node', is_active: true, owning_center_key: CENTER, secret: nodeSecret },
    ],
    models: [],
  };
}
