import { IsIn, IsUUID } from 'class-validator';
import { RESOURCE_KINDS, type ResourceKind } from '../vocabulary.js';
import { Code, Fact, NodeKey, Nullable, Sha256, Text } from './rules.js';

/** Something was asked and the rules said no; kept so that the audit knows what was not done. */
export class CommandRefused extends Fact {
  readonly type = 'CommandRefused' as const;

  /** What was asked: `mark`, `unmark`, `queue` and so on. */
  @Text(64)
  readonly command: string;

  @Code()
  readonly code: string;

  @Nullable()
  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind | null;

  @Nullable()
  @Sha256()
  readonly resource_hash: string | null;

  @Nullable()
  @NodeKey()
  readonly target_node_key: string | null;

  @Nullable()
  @IsUUID()
  readonly transfer_id: string | null;
}

export type RefusalEvent = CommandRefused;
export const REFUSAL_EVENTS = { CommandRefused } as const;
