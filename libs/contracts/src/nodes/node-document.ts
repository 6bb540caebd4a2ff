import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { documentDigest } from '../canonical-json.js';
import { isObject } from '../closed-schema.js';
import { ContractFault } from '../contract-fault.js';
import type { NodeRecorded } from '../events/node-events.js';
import { all, Nested, NestedList, Text } from '../events/rules.js';
import { SHA256_HEX } from '../identity.js';
import { parse } from '../parse.js';
import { PROFILE_TRAITS } from '../payload/profile-traits.js';
import { ELIGIBLE_STATES, type EligibleState, HUB_PROFILES, type HubProfile } from '../vocabulary.js';

export const CENTER_SCOPE_MAX = 1000;
export const WINDOWS_MAX = 50;
export const PINS_MAX = 10;

/** A file of this machine, by its whole path. */
const FilePath = (): PropertyDecorator => all(Text(1024), Matches(/^\/[^\0]*[^/]$/));

/** "base URL https, without userinfo, query or fragment"; with a slash at its end, so that paths are appended. */
export const BASE_URL = /^https:\/\/[^\s/?#@\\]+\/([^\s?#@\\]*\/)?$/;

function isBaseUrl(value: unknown): boolean {
  return typeof value === 'string' && BASE_URL.test(value) && URL.canParse(value);
}

/** A secret is named, never told: a file that holds it, or a variable of the service. */
export const SECRET_REF = /^(file:\/[^\0]+|env:[A-Za-z_][A-Za-z0-9_]{0,127})$/;

/** When the sender may begin attempts, in the service's local time. */
export class SendingWindow {
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(7)
  @ArrayUnique()
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(7, { each: true })
  readonly days: readonly number[];

  @Matches(/^([01]\d|2[0-3]):[0-5]\d$/)
  readonly from: string;

  /** Not in the window any more. At or before `from`, the window ends on the next day. */
  @Matches(/^([01]\d|2[0-3]):[0-5]\d$/)
  readonly to: string;
}

export class HubLimits {
  /** Transfers at the same time. */
  @IsInt()
  @Min(1)
  @Max(64)
  readonly concurrency: number;

  @IsNumber()
  @Min(0.01)
  @Max(1000)
  readonly requests_per_second: number;

  /** Of all uploads to this hub together; `null` is no cap. */
  @IsOptional()
  @IsInt()
  @Min(1024)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly bandwidth_bytes_per_second?: number | null;

  /** None means: at any time. */
  @NestedList(() => SendingWindow, WINDOWS_MAX)
  readonly windows: readonly SendingWindow[];
}

export class HubTls {
  @FilePath()
  readonly client_cert_file: string;

  @FilePath()
  readonly client_key_file: string;

  @FilePath()
  readonly ca_file: string;

  /**
   * SHA-256 (hexadecimal) of the public keys, as SubjectPublicKeyInfo in DER, of which the hub's certificate must have one,
   * beside all else that is asked of it. At least two, so that there is one to change to. None: any key of the CA will do.
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(PINS_MAX)
  @ArrayUnique()
  @Matches(SHA256_HEX, { each: true })
  readonly spki_sha256_pins?: readonly string[] | null;
}

class NodeDocumentBase {
  @Text(255)
  readonly display_name: string;

  @IsBoolean()
  readonly is_active: boolean;
}

/** This site: the source of transfers. */
export class SiteNodeDocument extends NodeDocumentBase {
  @Equals('site_node')
  readonly role: 'site_node';

  /** Hubs from contract 3.0 on take only resources of this center from the node. */
  @IsOptional()
  @Text(255)
  readonly owning_center_key?: string | null;

  /** Centers whose resources may leave; while it is empty none may. */
  @IsArray()
  @ArrayMaxSize(CENTER_SCOPE_MAX)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 255, { each: true })
  readonly center_scope: readonly string[];

  @Matches(SECRET_REF)
  readonly secret_ref: string;
}

/** The hub: the target of transfers. */
export class CentralHubDocument extends NodeDocumentBase {
  @Equals('central_hub')
  readonly role: 'central_hub';

  @IsOptional()
  @Text(255)
  readonly owning_center_key?: string | null;

  @Text(2048)
  @ValidateBy({ name: 'isBaseUrl', validator: { validate: isBaseUrl } })
  readonly base_url: string;

  @IsIn(HUB_PROFILES)
  readonly profile: HubProfile;

  @Nested(() => HubTls)
  readonly tls: HubTls;

  /** The hub's X25519 public key (PEM), for whom envelope profiles seal the media; they cannot do without. */
  @ValidateIf((hub: CentralHubDocument) => sealsMedia(hub.profile) || hub.recipient_public_key_file != null)
  @FilePath()
  readonly recipient_public_key_file?: string | null;

  /** A narrowing of the specification's three states; the profile narrows further. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ELIGIBLE_STATES.length)
  @ArrayUnique()
  @IsIn(ELIGIBLE_STATES, { each: true })
  readonly eligible_states: readonly EligibleState[];

  @Nested(() => HubLimits)
  readonly limits: HubLimits;
}

export type NodeDocument = SiteNodeDocument | CentralHubDocument;

/**
 * The body of `PUT /v1/nodes/{node_key}`, by its role.
 * @throws {ContractFault} `invalid_node_document` with all faults.
 */
export function parseNodeDocument(value: unknown): NodeDocument {
  const role = isObject(value) ? value.role : undefined;
  if (role === 'site_node') return parse(SiteNodeDocument, 'node_document', value);
  if (role === 'central_hub') return parse(CentralHubDocument, 'node_document', value);
  throw new ContractFault('invalid_node_document', [
    { field: 'role', code: role === undefined ? 'required' : 'is_in' },
  ]);
}

/** What `NodeRecorded` says of a node, without when and by whom; references to secrets stay behind. */
export type NodeFacts = Omit<NodeRecorded, 'type' | 'at' | 'by'>;

export function nodeFacts(nodeKey: string, node: NodeDocument): NodeFacts {
  return {
    node_key: nodeKey,
    role: node.role,
    display_name: node.display_name,
    is_active: node.is_active,
    owning_center_key: node.owning_center_key ?? null,
    center_scope: node.role === 'site_node' ? node.center_scope : [],
    base_url: node.role === 'central_hub' ? node.base_url : null,
    profile: node.role === 'central_hub' ? node.profile : null,
    eligible_states: node.role === 'central_hub' ? node.eligible_states : [],
    document_digest: documentDigest(node),
  };
}

function sealsMedia(profile: unknown): boolean {
  return HUB_PROFILES.some((known) => known === profile && PROFILE_TRAITS[known].sealsMedia);
}
