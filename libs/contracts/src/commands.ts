import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, IsUUID, ValidateIf } from 'class-validator';
import { Count, NestedList, NodeKey, Sha256 } from './events/rules.js';
import { RESOURCE_KINDS, type ResourceKind } from './vocabulary.js';

/** "repeated per-resource state changes": so many in one command. */
export const RESOURCES_PER_COMMAND_MAX = 200;

/** A resource by its content, or by the site's own number of it. */
export class ResourceReference {
  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind;

  @ValidateIf((reference: ResourceReference) => reference.id === undefined || reference.resource_hash !== undefined)
  @Sha256()
  readonly resource_hash?: string;

  @IsOptional()
  @Count()
  readonly id?: number;
}

/** Body of `POST /v1/marks` and `POST /v1/unmarks`; each resource succeeds or is refused alone. */
export class MarkRequest {
  /** May be missing where exactly one hub is active. */
  @IsOptional()
  @NodeKey()
  readonly target_node_key?: string | null;

  @NestedList(() => ResourceReference, RESOURCES_PER_COMMAND_MAX)
  @ArrayMinSize(1)
  readonly resources: readonly ResourceReference[];
}

/** Body of `POST /v1/transfers/queue|retry|hold|release` by name. */
export class TransferSelection {
  @IsArray()
  @IsUUID('all', { each: true })
  @ArrayMinSize(1)
  @ArrayMaxSize(RESOURCES_PER_COMMAND_MAX)
  readonly transfer_ids: readonly string[];
}
