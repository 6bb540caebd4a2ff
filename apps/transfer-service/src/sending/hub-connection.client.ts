import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { EachAskedTogether } from '../asked-together.js';
import type { CentralHubDocument } from '@hub-export/contracts';
import { MaterialUnreadable, readWatched, sameFiles, type WatchedFile } from '../node/watched-files.file.js';
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
  readonly pins: string;
  readonly files: readonly WatchedFile[];
}

/** The key's place among the files. */
const KEY_PLACE = 1;
/** So often a pair is looked for, and so far apart, in milliseconds. */
const PAIR_LOOKS_MAX = 20;
const PAIR_PAUSE_MS = 100;

/** The largest answer of a hub that is read. */
export const ANSWER_BYTES_MAX = 1024 * 1024;

/**
 * One connection pool a hub, with its client certificate and no other trust than its configured CA. The files are
 * looked at before each use: after a rotation new calls use new certificates, and running ones end on the old.
 */
export class HubConnections {
  private readonly connections = new Map<string, Connection>();
  private readonly looks = new EachAskedTogether<Agent>();

  constructor(private readonly timeouts: HubTimeouts) {}

  /** @throws {MaterialUnreadable} where a file cannot be read, or key and certificate stay of two pairs. */
  agentFor(nodeKey: string, { tls }: CentralHubDocument): Promise<Agent> {
    return this.looks.answer(JSON.stringify([nodeKey, tls]), () => this.look(nodeKey, tls));
  }

  private async look(nodeKey: string, tls: CentralHubDocument['tls']): Promise<Agent> {
    const { client_cert_file, client_key_file, ca_file, spki_sha256_pins } = tls;
    const pins = (spki_sha256_pins ?? []).join();
    const paths = [client_cert_file, client_key_file, ca_file];
    const known = this.connections.get(nodeKey);
    const hasSamePins = known?.pins === pins;
    if (known !== undefined && hasSamePins && (await sameFiles(known.files, paths))) return known.agent;

    const files = await this.readPair(paths, known !== undefined && hasSamePins);
    // The old one serves until both are there.
    if (files === null && known !== undefined) return known.agent;
    if (files === null) throw new MaterialUnreadable(KEY_PLACE);
    const [cert, key, ca] = files.map(({ content }) => content);
    const agent = new Agent({
      connect: hubConnector({ cert, key, ca }, this.timeouts.connectMs, spki_sha256_pins),
      allowH2: false,
      pipelining: 1,
      headersTimeout: this.timeouts.answerMs,
      bodyTimeout: this.timeouts.answerMs,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
      maxResponseSize: ANSWER_BYTES_MAX,
      strictContentLength: true,
    });
    this.connections.set(nodeKey, { agent, pins, files });
    // A graceful close: calls under way on the old certificates come to their end.
    void known?.agent.close().catch(() => undefined);
    return agent;
  }

  /**
   * Between the renames of a rotation key and certificate are of two pairs; where no older pair can serve, the rest of it
   * is waited for a little.
   * @returns `null` where they stay of two pairs
   */
  private async readPair(paths: readonly string[], anOlderServes: boolean): Promise<readonly WatchedFile[] | null> {
    for (let tried = 1; ; tried += 1) {
      const files = await readWatched(paths);
      const [cert, key] = files.map(({ content }) => content);
      if (isPair(cert, key)) return files;
      if (anOlderServes || tried === PAIR_LOOKS_MAX) return null;
      await sleep(PAIR_PAUSE_MS);
    }
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
