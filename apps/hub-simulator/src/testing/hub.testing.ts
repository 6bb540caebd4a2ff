import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, FormData, request } from 'undici';
import { LEASE_MS_DEFAULT, MAX_UPLOAD_BYTES_DEFAULT, type HubSimulatorConfig } from '../config.js';
import { HubControlClient } from '../control.client.js';
import { type ProfileName } from '../profiles.js';
import { startHubSimulator, type RunningHub } from '../simulator.server.js';
import { type Authority, type Identity, testAuthority } from './certificates.testing.js';
import { NETWORK } from './payloads.testing.js';
import { type Sealed } from './sealing.testing.js';

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The parsed body; undefined if it is no JSON. */
  // Tests look into it freely; what it must hold is what they claim.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
}

/** A hub over real HTTPS with a data folder of its own, and a client certificate to call it with. */
export class TestHub {
  readonly control: HubControlClient;

  private constructor(
    readonly running: RunningHub,
    readonly config: HubSimulatorConfig,
    readonly authority: Authority,
    private readonly client: Identity,
    readonly agent: Agent,
  ) {
    this.control = new HubControlClient(running.controlUrl);
  }

  static async start(profile: ProfileName, change: Partial<HubSimulatorConfig> = {}): Promise<TestHub> {
    const authority = await testAuthority();
    const server = await authority.issue('hub');
    const config: HubSimulatorConfig = {
      host: '127.0.0.1',
      port: 0,
      controlPort: 0,
      tls: { ...server, clientCa: authority.cert },
      clientCertificates: 'optional',
      dataDir: join(authority.folder, 'data'),
      profile,
      network: NETWORK,
      maxUploadBytes: MAX_UPLOAD_BYTES_DEFAULT,
      leaseMs: LEASE_MS_DEFAULT,
      featureEnabled: true,
      recipientPrivateKeys: [],
      ...change,
    };
    const client = await authority.issue('site-01');
    return new TestHub(await startHubSimulator(config), config, authority, client, agentFor(authority, client));
  }

  /** A call as site-01 unless told otherwise. */
  async call(method: 'GET' | 'POST', path: string, options: CallOptions = {}): Promise<Reply> {
    const answer = await request(new URL(`api/media/hub/transfers/${path}`, this.running.url), {
      method,
      dispatcher: options.agent ?? this.agent,
      headers: { 'x-network-node-key': 'site-01', 'x-network-node-secret': 'open sesame', ...options.headers },
      body: (options.body ?? null) as never,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: parsed(text) };
  }

  create(payload: unknown, options: CallOptions = {}): Promise<Reply> {
    const headers = { 'content-type': 'application/json', ...options.headers };
    return this.call('POST', '', { ...options, headers, body: JSON.stringify(payload) });
  }

  status(key: string, options: CallOptions = {}): Promise<Reply> {
    return this.call('GET', `${encodeURIComponent(key)}/status/`, options);
  }

  /** Uploads plaintext as the older profiles take it. */
  upload(key: string, bytes: Buffer | null, options: CallOptions & { readonly role?: string } = {}): Promise<Reply> {
    const form = new FormData();
    form.set('media_role', options.role ?? 'processed');
    if (bytes !== null) form.set('file', new Blob([new Uint8Array(bytes)]), 'media.mp4');
    return this.call('POST', `${encodeURIComponent(key)}/media/`, { ...options, body: form });
  }

  /** Uploads ciphertext as the envelope profiles take it. */
  uploadSealed(key: string, { envelope, ciphertext }: Sealed, options: CallOptions = {}): Promise<Reply> {
    return this.call('POST', `${encodeURIComponent(key)}/media/`, {
      body: ciphertext,
      ...options,
      headers: {
        'content-type': 'application/octet-stream',
        'x-hub-media-role': 'processed',
        'x-hub-media-envelope': JSON.stringify(envelope),
        ...options.headers,
      },
    });
  }

  /** Stops the hub and starts it again on the same folder. */
  async restart(): Promise<TestHub> {
    await this.running.close();
    const running = await startHubSimulator(this.config);
    return new TestHub(running, this.config, this.authority, this.client, this.agent);
  }

  async close(): Promise<void> {
    await this.running.close();
    await this.agent.destroy();
    await rm(this.authority.folder, { recursive: true, force: true });
  }
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly body?: unknown;
}

/** An agent that trusts the authority and shows a certificate, if it is given one. */
export function agentFor(authority: Authority, client?: Identity): Agent {
  return new Agent({ connect: { ca: authority.cert, ...client } });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
