import type { CentralHubDocument } from '@hub-export/contracts';
import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { MaterialUnreadable, readWatched } from '../node/watched-files.file.js';
import { HubAddressBlocked, isBlocked, lookupUnblocked } from './hub-address.client.js';
import { openSocket, pinnedCertificate } from './hub-socket.client.js';
import { failureCodeOf } from './network-failure.js';
import { failed, notReached, passed, type ProbeStep, type ProbeStepName } from './probe-steps.js';

/** The way to a hub up to the verified certificate at its end, step by step. */
export interface ConnectionFound {
  /** Up to the first that did not pass. */
  readonly steps: readonly ProbeStep[];
  /** When the hub's certificate ends, ISO 8601; `null` where it was not seen or not trusted. */
  readonly certificateEndsAt: string | null;
}

/** Resolves the hub's name, connects, and verifies its certificate, without sending a byte of a request. */
export async function probeConnection(hub: CentralHubDocument, timeoutMs: number): Promise<ConnectionFound> {
  const url = new URL(hub.base_url);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const resolved = await timed('name_resolution', () => resolveName(host, timeoutMs));
  if (!('value' in resolved)) return { steps: [resolved.step], certificateEndsAt: null };
  const opened = await timed('tcp', () => openSocket({ host, port: Number(url.port || 443) }, timeoutMs));
  if (!('value' in opened)) return { steps: [resolved.step, opened.step], certificateEndsAt: null };
  const socket = opened.value;
  try {
    const secured = await timed('tls', () => handshake(hub, socket, host, timeoutMs));
    const certificateEndsAt = 'value' in secured ? secured.value : null;
    return { steps: [resolved.step, opened.step, ...secondThoughts(secured.step)], certificateEndsAt };
  } finally {
    socket.destroy();
  }
}

type Tried<T> = { readonly step: ProbeStep; readonly value: T } | { readonly step: ProbeStep };

async function timed<T>(name: ProbeStepName, work: () => Promise<T>): Promise<Tried<T>> {
  const startedAt = performance.now();
  const elapsed = () => Math.round(performance.now() - startedAt);
  try {
    const value = await work();
    return { step: passed(name, elapsed()), value };
  } catch (error) {
    const code = error instanceof MaterialUnreadable ? 'ca_unreadable' : failureCodeOf(error).code;
    return { step: failed(name, code, elapsed()) };
  }
}

/** A hub may refuse our certificate while its own is still being looked at. */
function secondThoughts(tls: ProbeStep): readonly ProbeStep[] {
  if (tls.code !== 'client_certificate_refused') return [tls];
  const { code, duration_ms } = tls;
  return [notReached('tls', code, duration_ms), failed('client_certificate', code, duration_ms)];
}

function resolveName(host: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isIP(host) !== 0) return isBlocked(host) ? reject(new HubAddressBlocked()) : resolve();
    const timer = setTimeout(() => reject(timeout()), timeoutMs);
    lookupUnblocked(host, { all: true }, (error) => {
      clearTimeout(timer);
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/**
 * Our certificate is shown where it can be read; where not, the hub's own is still looked at.
 * @returns when the hub's certificate ends
 */
async function handshake(
  hub: CentralHubDocument,
  socket: Socket,
  host: string,
  timeoutMs: number,
): Promise<string | null> {
  const { ca_file, client_cert_file, client_key_file, spki_sha256_pins } = hub.tls;
  const [ca] = await readWatched([ca_file]);
  const own = await readWatched([client_cert_file, client_key_file]).catch(() => []);
  const [cert, key] = own.map(({ content }) => content);
  return new Promise((resolve, reject) => {
    const secured = connect({
      socket,
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ca: ca?.content,
      ...(cert && key && { cert, key }),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
    });
    const timer = setTimeout(() => secured.destroy(timeout()), timeoutMs);
    secured.once('secureConnect', () => {
      try {
        resolve(pinnedCertificate(secured, spki_sha256_pins)?.validToDate.toISOString() ?? null);
      } catch (notPinned) {
        secured.destroy(notPinned as Error);
      }
    });
    // Without an error of its own the hub just hung up.
    secured.once('close', () => {
      clearTimeout(timer);
      reject(Object.assign(new Error('The hub ended the handshake.'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }));
    });
    secured.on('error', reject);
    secured.once('secureConnect', () => clearTimeout(timer));
  });
}

function timeout(): Error {
  return Object.assign(new Error('It took too long.'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
}
