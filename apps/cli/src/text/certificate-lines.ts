import type { VerifiedCertificate } from '@hub-export/delivery-certificate';
import { actorLine } from '../api/audit-lines.js';
import { type Cell, fields } from './table.js';

/** What no certificate can prove, in plain words. */
export const NOT_PROVEN: readonly string[] = [
  'That what was written down was true when it was written: the site and the hub are believed for what they told.',
  'That the media was anonymized well: the site’s word for its state is proven, not the state.',
  'That the hub still has the media, or what it did with it since.',
  'That the public key is the right one: compare it with the one you were given by another way.',
  'That no later record was dropped: for that, compare the anchored checkpoints of the log.',
];

/** The result of a verification, for people: what is proven, and what is not. */
export function certificateLines({ certificate, checkpoint }: VerifiedCertificate): readonly string[] {
  const { transfer, marks, queued, eligibility, delivery, failures, evidence } = certificate;
  const mark = marks.at(-1);
  const stated: readonly (readonly [string, Cell])[] = [
    ['transfer', transfer.transfer_id],
    ['resource', `${transfer.resource_kind} ${transfer.resource_hash}`],
    ['from', `${transfer.source_center_key}, ${transfer.source_node_key}`],
    ['to', transfer.target_node_key],
    ['marked', mark === undefined ? null : `${mark.at} by ${actorLine(mark.by)}`],
    ['policy', certificate.local_cleanup_policy],
    ['queued', `${queued.at} by ${actorLine(queued.by)} (${queued.reason})`],
    [
      'eligible',
      `${eligibility.resource.anonymization_state}, checked ${eligibility.verdicts.map(({ at }) => at).join(', ')}`,
    ],
    ['payload', `sha256 ${queued.payload_digest}`],
    ['media', `sha256 ${queued.media_sha256}, ${queued.media_size} bytes`],
    ['failed before', failures.length],
    ['delivered', `${delivery.at}, attempt ${delivery.attempt}`],
    ['the hub says', `${delivery.acknowledgement.transfer_status} (${delivery.acknowledgement.hub_transfer_id})`],
    ['acknowledgement', `sha256 ${delivery.acknowledgement_digest}`],
    ['checkpoint', `${checkpoint.origin}, ${checkpoint.size} entries, key ${checkpoint.keyId}`],
  ];
  return [
    'VERIFIED.',
    '',
    ...fields(stated),
    '',
    'Proven, by the public key alone:',
    `- Each of the ${evidence.life.length + 1} entries behind this stood, just like this, in the log that was signed.`,
    '- The life of the transfer is whole, from its first mark to its completion; no entry of it is left out.',
    '- Everything above is what these entries say, and nothing else.',
    '- The acknowledgement names this transfer, this resource and these nodes, and its digest is its own.',
    '',
    'Not proven:',
    ...NOT_PROVEN.map((line) => `- ${line}`),
  ];
}
