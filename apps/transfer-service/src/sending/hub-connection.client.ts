import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Agent } from 'undici';
import type { CentralHubDocument } from '@hub-export/contracts';
import { readWatched, sameFiles, type WatchedFile } from '../node/watched-files.file.js';
import { hubConnector } from './hub-socket.client.js';

/** Time limits of one call, in milliseconds. */
export interface HubTimeouts {
  readonly connectMs: number;
  /** From the last byte sent, or the last that moved, to the head of the answer. */
  readonly answerMs: number;
  /** The whole call, however it moves. */
  readonly totalMs: number;
}

interface Connection {
  readonly agent: Agent;
  readonly files: readonly WatchedFile[];
}

/** The largest answer of a hub that is read. */
export const ANSWER_BYTES_MAX = 1024 * 1024;

/**
 * One connection pool a hub, with its client certificate and no other trust than its configured CA. The files are
 * looked at before each use: after a rotation new calls use new certificates, and running ones end on the old.
 */
export class HubConnections {
  private readonly connections = new Map<string, Connection>();

  constructor(private readonly timeouts: HubTimeouts) {}

  /** @throws {MaterialUnreadable} where a file cannot be read. */
  async agentFor(nodeKey: string, hub: CentralHubDocument): Promise<Agent> {
    const { client_cert_file, client_key_file, ca_file } = hub.tls;
    const paths = [client_cert_file, client_key_file, ca_file];
    const known = this.connections.get(nodeKey);
    if (known !== undefined && (await sameFiles(known.files, paths))) return known.agent;

    const files = await readWatched(paths);
    const [cert, key, ca] = files.map(({ content }) => content);
    // Between the renames of a rotation key and certificate are of two pairs; the old one serves until both are there.
    if (known !== undefined && !isPair(cert, key)) return known.agent;
    const agent = new Agent({
      connect: hubConnector({ cert, key, ca }, this.timeouts.connectMs),
      allowH2: false,
      pipelining: 1,
      headersTimeout: this.timeouts.answerMs,
      bodyTimeout: this.timeouts.answerMs,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
      maxResponseSize: ANSWER_BYTES_MAX,
      strictContentLength: true,
    });
    this.connections.set(nodeKey, { agent, files });
    // A graceful close: calls under way on the old certificates come to their end.
    void known?.agent.close().catch(() => undefined);
    return agent;
  }

  async close(): Promise<void> {
    const agents = [...this.connections.values()].map(({ agent }) => agent);
    this.connections.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }
}

function isPair(certificate: Buffer | undefined, key: Buffer | undefined): boolean {
  try {
    return new X509Certificate(certificate ?? '').checkPrivateKey(createPrivateKey(key ?? ''));
  } catch {
    return false;
  }
}
