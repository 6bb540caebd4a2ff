import { crash, refuseDetails } from '../answer.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { type ProfileTraits } from '../profiles.js';

/** The values of a registration that the hub writes into its provenance itself, whatever the sender said. */
export interface OwnProvenance {
  readonly source_node_key: string;
  readonly target_node_key: string;
  readonly source_center_key: string | null;
  readonly transfer_mode: string;
  readonly processing_policy: string;
  readonly cleanup_policy: string;
}

const ALLOWED: readonly string[] = [
  'entrypoint',
  'source_node_key',
  'target_node_key',
  'source_center_key',
  'transfer_mode',
  'processing_policy',
  'cleanup_policy',
  'media_uploads',
  'case_resolution',
  'custom_marker',
];

/** What the receiver manages; it takes no part in the comparison of a replay. */
const RECEIVER_MANAGED: readonly string[] = ['media_uploads', 'case_resolution'];

/** Refuses keys the hub's model does not know: with 400 where the model's error is caught, else as a crash (2.7). */
export function requireKnownProvenance(provenance: unknown, traits: ProfileTraits): void {
  const known = isJsonObject(provenance) && Object.keys(provenance).every((key) => ALLOWED.includes(key));
  if (known) return;
  if (!traits.createIsAtomic) throw crash('provenance_unknown_key');
  throw refuseDetails('The transfer could not be validated.', 'provenance', 'Unknown keys are not permitted.');
}

/** Provenance as an incoming registration is compared: with the hub's own values, but as the sender wrote it. */
export function incomingProvenance(provenance: unknown, own: OwnProvenance): JsonObject {
  const merged = { entrypoint: 'transfer', ...(isJsonObject(provenance) ? provenance : {}), ...own };
  return Object.fromEntries(Object.entries(merged).filter(([key]) => !RECEIVER_MANAGED.includes(key)));
}

/**
 * Provenance as it is stored: nulls dropped, texts trimmed. Since the incoming one is not, a registration with a null
 * or a padded text in its provenance differs from its own exact replay (hub contract 2.7).
 */
export function storedProvenance(provenance: unknown, own: OwnProvenance): JsonObject {
  return Object.fromEntries(
    Object.entries(incomingProvenance(provenance, own))
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, typeof value === 'string' ? value.trim() : value]),
  );
}
