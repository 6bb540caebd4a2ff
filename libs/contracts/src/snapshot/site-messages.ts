import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { Actor } from '../actor.js';
import { keyOfToken, subjectToken } from '../cloud-event.js';
import { ResourceReference } from '../commands.js';
import { ContractFault } from '../contract-fault.js';
import { Count, Nested, NodeKey, Sha256 } from '../events/rules.js';
import { NODE_KEY } from '../identity.js';
import { parse } from '../parse.js';
import { RESOURCE_KINDS, type ResourceKind } from '../vocabulary.js';
import { parseSiteResourceChanged, type SiteResourceChanged } from './resource-snapshot.js';

/** `site.<node_key>.resource.deleted`: the site took the resource back. */
export class SiteResourceDeleted {
  @NodeKey()
  readonly node_key: string;

  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind;

  @Sha256()
  readonly resource_hash: string;

  @Count()
  readonly source_version: number;

  @IsOptional()
  @Count()
  readonly local_id?: number | null;
}

/** `site.<node_key>.mark`: the same rules as over HTTP, for one resource. */
export class SiteMark {
  /** The idempotency key of the command. */
  @IsUUID()
  readonly command_id: string;

  /** As the site authenticated them; the bus account of the site is what vouches for it. */
  @Nested(() => Actor)
  readonly actor: Actor;

  /** May be missing where exactly one hub is active. */
  @IsOptional()
  @NodeKey()
  readonly target_node_key?: string | null;

  @Nested(() => ResourceReference)
  readonly resource: ResourceReference;
}

/** `site.<node_key>.unmark`. */
export class SiteUnmark extends SiteMark {}

export const SITE_ACTIONS = ['resource.changed', 'resource.deleted', 'mark', 'unmark'] as const;
export type SiteAction = (typeof SITE_ACTIONS)[number];

export type SiteMessage =
  | { readonly action: 'resource.changed'; readonly node_key: string; readonly body: SiteResourceChanged }
  | { readonly action: 'resource.deleted'; readonly node_key: string; readonly body: SiteResourceDeleted }
  | { readonly action: 'mark'; readonly node_key: string; readonly body: SiteMark }
  | { readonly action: 'unmark'; readonly node_key: string; readonly body: SiteUnmark };

/** The subject on which a site node says it. */
export function siteSubject(nodeKey: string, action: SiteAction): string {
  return `site.${subjectToken(nodeKey)}.${action}`;
}

/**
 * Reads a message of stream `HUB_EXPORT_SITE`.
 * @throws {ContractFault} `unknown_site_subject`, `invalid_<message>`, `privacy_field_forbidden`, or
 * `node_key_mismatch` where the body speaks for another node than the subject.
 */
export function parseSiteMessage(subject: string, value: unknown): SiteMessage {
  const { node_key, action } = readSiteSubject(subject);
  switch (action) {
    case 'resource.changed':
      return { action, node_key, body: sameNode(node_key, parseSiteResourceChanged(value)) };
    case 'resource.deleted':
      return { action, node_key, body: sameNode(node_key, parse(SiteResourceDeleted, 'site_resource_deleted', value)) };
    case 'mark':
      return { action, node_key, body: parse(SiteMark, 'site_mark', value) };
    case 'unmark':
      return { action, node_key, body: parse(SiteUnmark, 'site_unmark', value) };
  }
}

function readSiteSubject(subject: string): { readonly node_key: string; readonly action: SiteAction } {
  const [root, token = '', ...rest] = subject.split('.');
  const action = SITE_ACTIONS.find((known) => known === rest.join('.'));
  const nodeKey = keyOfToken(token);
  if (root !== 'site' || !action || nodeKey === null || !NODE_KEY.test(nodeKey)) {
    throw new ContractFault('unknown_site_subject', [{ field: '', code: 'matches' }]);
  }
  return { node_key: nodeKey, action };
}

function sameNode<T extends { readonly node_key: string }>(nodeKey: string, body: T): T {
  if (body.node_key === nodeKey) return body;
  throw new ContractFault('node_key_mismatch', [{ field: 'node_key', code: 'equals' }]);
}
