import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  type CentralHubDocument,
  ContractFault,
  type NodeDocument,
  type SiteNodeDocument,
} from '@hub-export/contracts';
import type { MaterialFault } from '@hub-export/transfer-life';
import { EachAskedTogether } from '../asked-together.js';
import type { Clock } from '../clock.js';
import { hubHostFault, type HubHosts } from './hub-host.js';
import { type SecretScope, secretSource } from './secret-reference.js';
import { leadsBelow, MaterialUnreadable, readWatched, sameFiles, type WatchedFile } from './watched-files.file.js';

/** What was found of a node's authentication material. */
export interface Material {
  readonly faults: readonly MaterialFault[];
  /** When the client certificate ends, ISO 8601; `null` where there is none. */
  readonly certificateEndsAt: string | null;
}

interface Looked {
  readonly paths: readonly string[];
  readonly files: readonly WatchedFile[];
  readonly at: number;
  readonly material: Material;
}

interface ReadSecret {
  readonly file: WatchedFile;
  readonly at: number;
}

/** How long a finding holds before dates and files are looked at again, in milliseconds. */
const LOOK_AGAIN_MS = 2_000;

/** A secret goes out in a header: printable characters on one line. What is none can never work, so it counts as missing. */
const HEADER_VALUE = /^[\x20-\x7e]{1,1024}$/;

/**
 * Looks whether certificates, keys and secrets are there, fit together and are in date ("valid node authentication
 * material"). The files are read again whenever they changed, so mending them needs no restart.
 */
export class NodeMaterials {
  private readonly looked = new Map<string, Looked>();
  private readonly looks = new EachAskedTogether<Material>();
  private readonly secrets = new Map<string, ReadSecret>();
  private readonly readings = new EachAskedTogether<string>();

  constructor(
    private readonly clock: Clock,
    private readonly environment: Readonly<Record<string, string | undefined>>,
    private readonly scope: SecretScope,
    private readonly hubHosts: HubHosts,
  ) {}

  async inspect(nodeKey: string, document: NodeDocument): Promise<Material> {
    if (document.role === 'site_node') return this.inspectSite(document);
    const material = await this.inspectHub(nodeKey, document);
    // What is allowed may have been narrowed since the node was recorded.
    if (hubHostFault(document.base_url, this.hubHosts) === null) return material;
    return { ...material, faults: ['base_url_not_allowed', ...material.faults] };
  }

  /**
   * What is wrong with the node's own word of where its secret or its hub is.
   * @throws {ContractFault} `invalid_node_document` where it leads out of what it may name.
   */
  requireAllowed(document: NodeDocument): void {
    if (document.role === 'central_hub') {
      const fault = hubHostFault(document.base_url, this.hubHosts);
      if (fault !== null) throw new ContractFault('invalid_node_document', [{ field: 'base_url', code: fault }]);
      return;
    }
    const source = secretSource(document.secret_ref, this.scope);
    if (typeof source === 'string') {
      throw new ContractFault('invalid_node_document', [{ field: 'secret_ref', code: source }]);
    }
  }

  /** @throws {MaterialUnreadable} where there is none, or none that may be named. */
  async secretOf({ secret_ref }: SiteNodeDocument): Promise<string> {
    const secret = await this.readSecret(secret_ref);
    if (!HEADER_VALUE.test(secret)) throw new MaterialUnreadable(0);
    return secret;
  }

  private async inspectSite(document: SiteNodeDocument): Promise<Material> {
    try {
      await this.secretOf(document);
      return { faults: [], certificateEndsAt: null };
    } catch {
      return { faults: ['secret_missing'], certificateEndsAt: null };
    }
  }

  private async readSecret(reference: string): Promise<string> {
    const source = secretSource(reference, this.scope);
    // The scope may have been narrowed since the node was recorded, and a link may lead out of it.
    if (typeof source === 'string') throw new MaterialUnreadable(0);
    if (source.kind === 'variable') return (this.environment[source.name] ?? '').trim();
    return this.readings.answer(source.path, () => this.readSecretFile(source.path));
  }

  /** The very file that was read before leads nowhere else and says nothing else. */
  private async readSecretFile(path: string): Promise<string> {
    const now = this.clock.now().getTime();
    const known = this.secrets.get(path);
    const isRecent = known !== undefined && isWithin(known.at, now);
    if (isRecent && known.file.isSettled && (await sameFiles([known.file], [path]))) return secretIn(known.file);
    this.secrets.delete(path);
    if (!(await leadsBelow(path, this.scope.root))) throw new MaterialUnreadable(0);
    const [file] = await readWatched([path]);
    if (file === undefined) return '';
    this.secrets.set(path, { file, at: now });
    return secretIn(file);
  }

  private inspectHub(nodeKey: string, hub: CentralHubDocument): Promise<Material> {
    const { client_cert_file, client_key_file, ca_file } = hub.tls;
    const recipient = hub.recipient_public_key_file ?? null;
    const paths = [client_cert_file, client_key_file, ca_file, ...(recipient === null ? [] : [recipient])];
    return this.looks.answer(JSON.stringify([nodeKey, paths]), () => this.look(nodeKey, paths));
  }

  private async look(nodeKey: string, paths: readonly string[]): Promise<Material> {
    const now = this.clock.now().getTime();
    const known = this.looked.get(nodeKey);
    const isRecent = known !== undefined && isWithin(known.at, now) && known.paths.join() === paths.join();
    if (isRecent && (await sameFiles(known.files, paths))) return known.material;

    try {
      const files = await readWatched(paths);
      const material = judge(files, now);
      this.looked.set(nodeKey, { paths, files, at: now, material });
      return material;
    } catch (error) {
      this.looked.delete(nodeKey);
      const fault =
        UNREADABLE[error instanceof MaterialUnreadable ? error.index : 0] ?? 'client_certificate_unreadable';
      return { faults: [fault], certificateEndsAt: null };
    }
  }
}

/** A clock that was set back makes nothing recent. */
function isWithin(at: number, now: number): boolean {
  return now >= at && now - at < LOOK_AGAIN_MS;
}

function secretIn({ content }: WatchedFile): string {
  return content.toString('utf8').trim();
}

/** By the place in the list of paths. */
const UNREADABLE: readonly MaterialFault[] = [
  'client_certificate_unreadable',
  'client_key_unreadable',
  'ca_unreadable',
  'recipient_key_unreadable',
];

function judge(files: readonly WatchedFile[], now: number): Material {
  const [cert, key, ca, recipient] = files;
  const certificate = cert && parsed(() => new X509Certificate(cert.content));
  const privateKey = key && parsed(() => createPrivateKey(key.content));
  const authority = ca && parsed(() => new X509Certificate(ca.content));
  if (!certificate) return { faults: ['client_certificate_unreadable'], certificateEndsAt: null };

  const faults: MaterialFault[] = [];
  // A key that others can read is no secret, so it counts as not there.
  if (!privateKey || (key.mode & 0o077) !== 0) faults.push('client_key_unreadable');
  else if (!certificate.checkPrivateKey(privateKey)) faults.push('certificate_key_mismatch');
  if (!authority) faults.push('ca_unreadable');
  if (now < certificate.validFromDate.getTime()) faults.push('certificate_not_yet_valid');
  if (now >= certificate.validToDate.getTime()) faults.push('certificate_expired');
  if (recipient && parsed(() => createPublicKey(recipient.content))?.asymmetricKeyType !== 'x25519') {
    faults.push('recipient_key_unreadable');
  }
  return { faults, certificateEndsAt: certificate.validToDate.toISOString() };
}

function parsed<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}
