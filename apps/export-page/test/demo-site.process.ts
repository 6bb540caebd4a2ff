import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createDevSigner } from '@hub-export/http-edge';
import { eventually } from '@hub-export/testing';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SAMPLES = join(ROOT, 'apps', 'cli', 'samples');
const START_LIMIT_MS = 180_000;
const CENTER = 'center-a';

/** What of a resource is said to be otherwise than of the sample. */
export interface Reported {
  readonly kind?: 'video' | 'report';
  readonly state?: string;
  readonly mediaMissing?: boolean;
  /** The media is filled up to this size, in bytes. */
  readonly size?: number;
  readonly gender?: string;
  readonly createdAt?: string;
}

export interface ReportedResource {
  readonly kind: 'video' | 'report';
  readonly hash: string;
  readonly id: number;
  /** The snapshot as it was told. */
  readonly told: object;
}

/** The demo as anybody starts it: real services, a real hub's simulator, and the page in front of them. */
export class DemoSite {
  private nextId = 100;

  private constructor(
    readonly folder: string,
    private readonly process: ChildProcess,
    private readonly output: () => string,
    readonly origin: string,
    private readonly hubControl: string,
  ) {}

  static async start(): Promise<DemoSite> {
    const folder = mkdtempSync(join(tmpdir(), 'hub-export-page-'));
    // PostgreSQL may run as another user than we do.
    chmodSync(folder, 0o755);
    const args = ['--enable-source-maps', join(ROOT, 'apps/cli/dist/main.js'), 'demo', '--data', folder];
    const { PATH, HOME, NATS_SERVER_BIN } = process.env;
    const child = spawn(process.execPath, args, {
      cwd: tmpdir(),
      env: { PATH, HOME, NATS_SERVER_BIN },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (text += piece.toString()));
    await eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`The demo ended: ${text}`);
        return text.includes('Ctrl-C stops');
      },
      { what: 'the demo runs', withinMs: START_LIMIT_MS },
    );
    const { ports } = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as { ports: Record<string, number> };
    return new DemoSite(
      folder,
      child,
      () => text,
      `http://localhost:${ports['page']}`,
      `http://127.0.0.1:${ports['hub_control']}`,
    );
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    await eventually(() => this.process.exitCode !== null, { what: 'the demo ended', withinMs: 60_000 });
    rmSync(this.folder, { recursive: true, force: true });
  }

  get log(): string {
    return this.output();
  }

  /** Reports a resource as the site's own system does, with media of its own. */
  async report(wanted: Reported = {}): Promise<ReportedResource> {
    const kind = wanted.kind ?? 'report';
    const id = this.nextId;
    this.nextId += 1;
    const sample = JSON.parse(readFileSync(join(SAMPLES, `${kind}.json`), 'utf8')) as Sample;
    const media = mediaOf(sample, id, wanted.size);
    const hash = sha256(`resource ${this.folder} ${id}`);
    const mediaHash = sha256(media);
    const snapshot = JSON.parse(
      JSON.stringify(sample.snapshot)
        .replaceAll(sample.resource_hash, hash)
        .replaceAll(sample.snapshot.processed_media.sha256, mediaHash),
    ) as Snapshot;
    const mediaFile = join(this.folder, 'media', snapshot.processed_media.locator.slice('file:'.length));
    mkdirSync(dirname(mediaFile), { recursive: true });
    writeFileSync(mediaFile, media);
    const body = {
      ...snapshot,
      local_id: id,
      anonymization_state: wanted.state ?? 'VALIDATED',
      processed_media: wanted.mediaMissing ? { present: false } : { ...snapshot.processed_media, size: media.length },
      rows: {
        ...snapshot.rows,
        // Their numbers are the sample's own, and a hub takes each number once.
        ...(kind === 'video' ? { frame_annotations: [], video_segments: [] } : {}),
        sensitive_meta: { patient_hash: sha256(`patient ${id}`), examination_hash: sha256(`examination ${id}`) },
      },
      privacy: { ...snapshot.privacy, gender: wanted.gender ?? 'female' },
      created_at: wanted.createdAt ?? new Date(Date.now() - 86_400_000 + id * 1000).toISOString(),
    };
    await this.call('PUT', `/v1/resources/${kind}/${hash}`, body, ['hub_export:site']);
    return { kind, hash, id, told: body };
  }

  /** Tells the same resource anew, with another state of anonymization. */
  async changeState({ kind, hash, told }: ReportedResource, state: string, version: number): Promise<void> {
    const body = { ...told, source_version: version, anonymization_state: state };
    await this.call('PUT', `/v1/resources/${kind}/${hash}`, body, ['hub_export:site']);
  }

  /** Calls an interface as somebody with these roles. */
  async call<Answer>(method: string, path: string, body: unknown, roles: readonly Role[]): Promise<Answer> {
    const signer = await createDevSigner(join(this.folder, 'sign-in'));
    const token = await signer.sign({ sub: 'browser-test', name: 'Browser test', roles, centers: [CENTER] });
    const answer = await fetch(`${this.origin}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  /** Lets the hub misbehave from now on, or well again. */
  async hubFaults(...rules: readonly unknown[]): Promise<void> {
    await fetch(`${this.hubControl}/faults`, { method: 'DELETE' });
    if (rules.length === 0) return;
    const answer = await fetch(`${this.hubControl}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rules }),
    });
    if (!answer.ok) throw new Error(`The hub does not take the faults: ${await answer.text()}`);
  }

  /** The process of a service, by its name. */
  pidOf(service: string): number {
    const text = readFileSync(`/proc/${this.process.pid}/task/${this.process.pid}/children`, 'utf8');
    const found = text
      .trim()
      .split(' ')
      .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${service}/dist/main.js`));
    if (found === undefined) throw new Error(`${service} does not run.`);
    return Number(found);
  }
}

type Role = 'hub_export:site' | 'hub_export:read' | 'hub_export:write' | 'hub_export:operate' | 'hub_export:audit';

interface Snapshot {
  readonly processed_media: { readonly sha256: string; readonly locator: string };
  readonly rows: Readonly<Record<string, unknown>>;
  readonly privacy: Readonly<Record<string, unknown>>;
}

interface Sample {
  readonly resource_hash: string;
  readonly media_file: string;
  readonly snapshot: Snapshot;
}

/** The sample's media with something of its own behind it, so that no two resources share their bytes. */
function mediaOf({ media_file }: Sample, id: number, size: number | undefined): Buffer {
  const media = Buffer.concat([readFileSync(join(SAMPLES, media_file)), Buffer.from(`\n% resource ${id}\n`)]);
  return size === undefined || size <= media.length
    ? media
    : Buffer.concat([media, Buffer.alloc(size - media.length, 32)]);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
