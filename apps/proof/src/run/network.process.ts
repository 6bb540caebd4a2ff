import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureAuthority } from '@hub-export/local-servers';
import { NO_FAULT } from '../plan/hub-fault.js';
import type { Trial } from './lane.process.js';
import type { ProofSite } from './proof-site.process.js';
import { require, trial } from './trial.process.js';

const OUTAGE_MS = 1_500;
const TRANSFERS = 3;
/** A circuit that opened before is asked about less often, every 30 s at last. */
const END_LIMIT_MS = 120_000;
const DAY_MS = 86_400_000;
/** TLS alert "certificate unknown": the other side does not accept our certificate. */
const CERTIFICATE_UNKNOWN = 46;

/**
 * The way to the hub is broken for every transfer alike, and mended; nobody says so to the sender. Where a certificate is
 * wrong, whoever meets it stops with that code, and the open circuit holds the others.
 */
export function networkTrials(): readonly Trial[] {
  return [
    network('hub does not listen', null, async ({ site }) => {
      await site.control.configure({ listening: false });
      return () => site.control.configure({ listening: true });
    }),
    network('name of the hub unknown', null, async ({ site }) => {
      await site.recordHub({}, 'https://hub.invalid/');
      return () => site.recordHub();
    }),
    network('certificate of a stranger', 'hub_certificate_untrusted', async (proof) => {
      const stranger = await ensureAuthority(join(proof.site.folder, 'stranger'));
      return certificate(proof, stranger, { hosts: ['127.0.0.1', 'localhost'] });
    }),
    network('certificate for another host', 'hub_certificate_wrong_host', (proof) =>
      certificate(proof, proof.site.authority, { hosts: ['elsewhere.example'] }),
    ),
    network('expired certificate', 'hub_certificate_expired', (proof) =>
      certificate(proof, proof.site.authority, {
        hosts: ['127.0.0.1', 'localhost'],
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        validDays: 1,
      }),
    ),
    network('our certificate refused', 'client_certificate_refused', async ({ site }) => {
      await site.control.addFaults({
        action: { type: 'tls-alert', alert: CERTIFICATE_UNKNOWN },
        times: 'forever',
      });
      return reconnected(site);
    }),
  ];
}

type Mend = () => Promise<unknown>;

function network(name: string, stopsWith: string | null, breakIt: (proof: ProofSite) => Promise<Mend>): Trial {
  return trial('way to the hub', name, async (proof) => {
    await proof.allReady();
    const expectation = { end: stopsWith === null ? 'completed' : 'any', cell: name } as const;
    const mend = await breakIt(proof);
    const resources = [];
    try {
      for (let count = 0; count < TRANSFERS; count += 1)
        resources.push(await proof.begin('report', 16 * 1024, NO_FAULT, expectation));
      await pause(OUTAGE_MS);
    } finally {
      await mend();
    }
    const mended = performance.now();
    for (const resource of resources) {
      const end = await proof.ended(resource, END_LIMIT_MS);
      const code = await proof.failureOf(resource);
      require(end === 'completed' || code === stopsWith, `It stopped with ${code}.`);
    }
    const recoveryMs = Math.round(performance.now() - mended);
    await proof.circuitClosed(END_LIMIT_MS);
    return { recoveryMs };
  });
}

/** The hub shows a certificate that must not be accepted, until that is taken back. */
async function certificate(
  { site }: ProofSite,
  authority: ProofSite['site']['authority'],
  request: { readonly hosts: readonly string[]; readonly notBefore?: Date; readonly validDays?: number },
): Promise<Mend> {
  const [keyFile, certFile] = [join(site.folder, 'wrong.key'), join(site.folder, 'wrong.crt')];
  await authority.issue({ commonName: 'hub', ...request, keyFile, certFile });
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  await site.control.addFaults({ action: { type: 'certificate', cert, key }, times: 'forever' });
  return reconnected(site);
}

/** Connections that stood before would not meet the fault. */
async function reconnected({ control }: ProofSite['site']): Promise<Mend> {
  await control.configure({ listening: false });
  await control.configure({ listening: true });
  return () => control.clearFaults();
}
