import type { HubProfile } from '@hub-export/contracts';
import type { LocalAuthority } from '@hub-export/local-servers';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Workbench } from '../run/workbench.server.js';
import { CENTER, HUB, SITE } from './names.js';
import { program, startProgram } from './service.process.js';

/** The simulated hub as a process of its own, so that it takes no time of ours. */
export interface HubProcess {
  readonly pid: number;
  readonly url: string;
  readonly profile: HubProfile;
  readonly secret: string;
  /** Of the hub's envelope key. */
  readonly recipientKeyFile: string;
  /** Answers every request so much later. */
  delay(ms: number): Promise<void>;
}

const START_LIMIT_MS = 30_000;

export async function startHub(
  workbench: Workbench,
  authority: LocalAuthority,
  folder: string,
  profile: HubProfile,
): Promise<HubProcess> {
  const file = (name: string): string => join(folder, name);
  const secret = randomBytes(24).toString('base64url');
  await authority.issue({
    commonName: 'hub',
    hosts: ['127.0.0.1', 'localhost'],
    keyFile: file('hub.key'),
    certFile: file('hub.crt'),
  });
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  await writeFile(file('recipient.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(file('recipient.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(file('nodes.json'), JSON.stringify(network(secret)), { mode: 0o600 });
  const log = file(`hub-${profile}.log`);
  const { child, stop } = startProgram(
    program('hub-simulator', 'main'),
    {
      PORT: '0',
      CONTROL_PORT: '0',
      TLS_CERT_FILE: file('hub.crt'),
      TLS_KEY_FILE: file('hub.key'),
      CLIENT_CA_FILE: authority.caFile,
      DATA_DIR: file(`hub-${profile}`),
      NODES_FILE: file('nodes.json'),
      HUB_PROFILE: profile,
      RECIPIENT_PRIVATE_KEY_FILES: file('recipient.key'),
    },
    log,
  );
  workbench.atEnd(stop);
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const ready = /^\{.*"hub-simulator-ready".*\}$/m.exec(readFileSync(log, 'utf8'));
    if (ready) {
      const { url, control_url } = JSON.parse(ready[0]) as { url: string; control_url: string };
      return {
        pid: child.pid ?? 0,
        url,
        profile,
        secret,
        recipientKeyFile: file('recipient.pem'),
        delay: (ms) => addFault(control_url, { times: 'forever', action: { type: 'delay', ms, when: 'before' } }),
      };
    }
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`The hub does not start: ${readFileSync(log, 'utf8').slice(-500)}`);
    await wait(50);
  }
}

async function addFault(controlUrl: string, rule: object): Promise<void> {
  const answer = await fetch(`${controlUrl}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rules: [rule] }),
  });
  if (!answer.ok) throw new Error(`The hub refuses the fault: ${await answer.text()}`);
}

function network(secret: string): object {
  return {
    centers: [CENTER],
    nodes: [
      { node_key: HUB, role: 'central_hub', is_active: true, owning_center_key: null },
      { node_key: SITE, role: 'site_node', is_active: true, owning_center_key: CENTER, secret },
    ],
    models: [{ name: 'segmenter', version: '4', labels: ['polyp'] }],
  };
}
