import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsString, Length } from 'class-validator';
import {
  ELIGIBLE_STATES,
  type EligibleState,
  HUB_PROFILES,
  type HubProfile,
  NODE_ROLES,
  type NodeRole,
} from '../vocabulary.js';
import { Fact, NodeKey, Nullable, Sha256, Text } from './rules.js';

/** A network node as it is configured now. Where its certificates and secrets lie is kept apart under the digest. */
export class NodeRecorded extends Fact {
  readonly type = 'NodeRecorded' as const;

  @NodeKey()
  readonly node_key: string;

  @IsIn(NODE_ROLES)
  readonly role: NodeRole;

  @Text(255)
  readonly display_name: string;

  @IsBoolean()
  readonly is_active: boolean;

  @Nullable()
  @Text(255)
  readonly owning_center_key: string | null;

  /** Centers whose resources this site node may send. Empty for a hub. */
  @IsArray()
  @ArrayMaxSize(1000)
  @IsString({ each: true })
  @Length(1, 255, { each: true })
  readonly center_scope: readonly string[];

  /** Of a hub; `null` for a site node. */
  @Nullable()
  @Text(2048)
  readonly base_url: string | null;

  @Nullable()
  @IsIn(HUB_PROFILES)
  readonly profile: HubProfile | null;

  /** A hub's narrowing of the specification's three states. */
  @IsArray()
  @IsIn(ELIGIBLE_STATES, { each: true })
  readonly eligible_states: readonly EligibleState[];

  /** The digest of the whole node document, references to secrets included. */
  @Sha256()
  readonly document_digest: string;
}

export type NodeEvent = NodeRecorded;
export const NODE_EVENTS = { NodeRecorded } as const;
