import { buildPayload } from '@hub-export/contracts';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { BenchSite } from './bench-site.server.js';
import { CENTER, HUB, SITE } from './names.js';
import { type SiteResource, siteResource, snapshotOf } from './snapshot.js';

/** The hub's calls without any of ours: no log, no state, no check. What a sender could reach at best. */
export class BareHub {
  private readonly shared: Agent;

  constructor(
    private readonly site: BenchSite,
    connections: number,
  ) {
    this.shared = this.agent(connections);
  }

  /** A resource that the hub has not seen. */
  resource(media: SiteResource['media']): SiteResource {
    return siteResource('report', randomBytes(32).toString('hex'), media);
  }

  /** Registers and uploads over connections that stay open. */
  async send(resource: SiteResource, media: Buffer): Promise<void> {
    await this.register(resource, this.shared);
    await this.upload(resource, media, this.shared);
  }

  /** The same, with a new connection for each call. */
  async sendAnew(resource: SiteResource, media: Buffer): Promise<void> {
    for (const call of [
      (agent: Agent) => this.register(resource, agent),
      (agent: Agent) => this.upload(resource, media, agent),
    ]) {
      const agent = this.agent(1);
      await call(agent);
      await agent.close();
    }
  }

  register(resource: SiteResource, agent = this.shared): Promise<void> {
    const transfer = {
      transfer_key: resource.transferKey,
      source_node_key: SITE,
      target_node_key: HUB,
      source_center_key: CENTER,
      resource_kind: resource.kind,
      resource_hash: resource.hash,
    };
    const profile = this.site.hub?.profile ?? 'endoreg-3.0';
    const payload = buildPayload({ profile, transfer, snapshot: snapshotOf(resource, 1) });
    return this.call('', { 'content-type': 'application/json' }, JSON.stringify(payload), agent);
  }

  upload(resource: SiteResource, media: Buffer, agent = this.shared): Promise<void> {
    const boundary = `bench-${randomBytes(16).toString('hex')}`;
    const head =
      `--${boundary}\r\ncontent-disposition: form-data; name="media_role"\r\n\r\nprocessed\r\n` +
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${resource.media.sha256}.pdf"\r\n` +
      `content-type: application/pdf\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), media, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    return this.call(`${encodeURIComponent(resource.transferKey)}/media/`, headers, body, agent);
  }

  /** What curl is told so that it does the same upload. */
  curlArguments(resource: SiteResource, path: string): readonly string[] {
    const { folder, caFile } = this.site;
    return [
      ...['--silent', '--show-error', '--fail', '--cacert', caFile],
      ...['--cert', join(folder, 'client.crt'), '--key', join(folder, 'client.key')],
      ...Object.entries(this.nodeHeaders()).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
      // Without this curl asks first and waits for a second.
      ...['-H', 'Expect:', '-F', 'media_role=processed', '-F', `file=@${path};type=application/pdf`],
      ...['-o', '/dev/null', this.url(`${encodeURIComponent(resource.transferKey)}/media/`).href],
    ];
  }

  close(): Promise<void> {
    return this.shared.destroy();
  }

  private async call(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | Buffer,
    agent: Agent,
  ): Promise<void> {
    const answer = await request(this.url(path), {
      method: 'POST',
      dispatcher: agent,
      headers: { ...this.nodeHeaders(), ...headers },
      body,
    });
    const text = await answer.body.text();
    if (answer.statusCode > 201) throw new Error(`The hub answers ${answer.statusCode}: ${text.slice(0, 200)}`);
  }

  private url(path: string): URL {
    return new URL(`api/media/hub/transfers/${path}`, this.site.hub?.url);
  }

  private nodeHeaders(): Readonly<Record<string, string>> {
    return { 'x-network-node-key': SITE, 'x-network-node-secret': this.site.hub?.secret ?? '' };
  }

  private agent(connections: number): Agent {
    const { folder, caFile } = this.site;
    return new Agent({
      connections,
      connect: {
        cert: readFileSync(join(folder, 'client.crt')),
        key: readFileSync(join(folder, 'client.key')),
        ca: readFileSync(caFile),
      },
    });
  }
}
