import { IsIn, IsOptional } from 'class-validator';
import { RESOURCE_KINDS, type ResourceKind } from '../vocabulary.js';
import { Code, Count, Nested, NodeKey, Nullable, Sha256, Text } from './rules.js';

/** The receipt an envelope profile gives: what the hub opened, and that it verified it. */
export class AcknowledgedReceipt {
  @Sha256()
  readonly ciphertext_sha256: string;

  @Count()
  readonly ciphertext_size: number;

  @Sha256()
  readonly envelope_fingerprint_sha256: string;

  @Sha256()
  readonly recipient_key_id: string;
}

/**
 * The hub's word that the media arrived, cut down to the fields that were verified against the frozen intent. Free
 * text of the hub is left out.
 */
export class Acknowledgement {
  @Text(64)
  readonly hub_transfer_id: string;

  @Text(255)
  readonly transfer_key: string;

  @NodeKey()
  readonly source_node_key: string;

  @NodeKey()
  readonly target_node_key: string;

  @Text(255)
  readonly source_center_key: string;

  @IsIn(RESOURCE_KINDS)
  readonly resource_kind: ResourceKind;

  @Sha256()
  readonly resource_hash: string;

  /** `null` where the profile's answer has no such field (`endoreg-2.0`). */
  @Nullable()
  @Sha256()
  readonly processed_media_hash: string | null;

  @Text(64)
  readonly transfer_mode: string;

  @Text(32)
  readonly payload_schema_version: string;

  @IsIn(['applied'])
  readonly transfer_status: 'applied';

  @Code()
  readonly processing_decision: string;

  /** Envelope profiles only. */
  @IsOptional()
  @Nested(() => AcknowledgedReceipt)
  readonly receipt?: AcknowledgedReceipt | null;
}
