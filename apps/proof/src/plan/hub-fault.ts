import type { FaultRule } from '@hub-export/hub-simulator';

/**
 * How a transfer must end that met a fault: `completed` where waiting, asking and trying again mends it, `stopped` in a
 * failure that only a person can end, `any` where an early answer may or may not come through.
 */
export type End = 'completed' | 'stopped' | 'any';

/** Something a hub, or what lies before it, does wrong to one transfer. */
export interface HubFault {
  readonly name: string;
  readonly end: End;
  /** The call it meets; a transfer that must stop there comes no further. */
  readonly step: 'create' | 'media' | 'status' | 'connection' | 'none';
  /** An attempt fails of it, so that there is a retry to wait for. */
  readonly failsAttempt: boolean;
  /** It would meet every transfer alike, so it opens the hub's circuit. */
  readonly opensCircuit?: true;
  readonly rules: (transferKey: string) => readonly FaultRule[];
}

/** What the hub must not be believed in: each field that names the transfer, wrong once. */
export const IDENTITY_FIELDS = [
  'transfer_key',
  'source_node_key',
  'target_node_key',
  'source_center_key',
  'resource_kind',
  'resource_hash',
  'processed_media_hash',
  'transfer_mode',
  'payload_schema_version',
  'id',
] as const;

const RETRY_SOON = { 'retry-after': '1' };

/** The hub as it should be. */
export const NO_FAULT: HubFault = {
  name: 'none',
  end: 'completed',
  step: 'none',
  failsAttempt: false,
  rules: () => [],
};

/** The alphabet of the hub's faults. The answers' texts hold a name, which must not be found anywhere afterwards. */
export function hubFaults(canary: string): readonly HubFault[] {
  const told = { detail: `error for ${canary}` };
  const answer = (step: 'create' | 'media' | 'status', status: number, when: 'before' | 'after', more: object = {}) =>
    one(step, { type: 'answer', status, when, body: told, ...more });
  return [
    {
      name: 'connection refused',
      end: 'completed',
      step: 'connection',
      failsAttempt: true,
      rules: () => [{ action: { type: 'refuse-connection' }, times: 2 }],
    },
    completed('create', 'registration reset', one('create', { type: 'reset' }), false),
    completed('media', 'upload reset', one('media', { type: 'reset' }), true),
    completed('create', 'registered, answer lost', one('create', { type: 'lose-answer' }), false),
    completed('media', 'applied, answer lost', one('media', { type: 'lose-answer' }), false),
    completed('create', 'registered, no answer', one('create', { type: 'hang', when: 'after' }), false),
    completed('media', 'applied, no answer', one('media', { type: 'hang', when: 'after' }), false),
    completed('media', 'upload never read', one('media', { type: 'never-read' }), true),
    completed('media', 'upload cut', one('media', { type: 'cut-body', after_bytes: 8_192 }), true),
    completed('media', 'answer cut', one('media', { type: 'cut-answer', after_bytes: 10 }), false),
    completed('create', 'registered, 500', answer('create', 500, 'after'), false),
    completed('media', '502 before', answer('media', 502, 'before'), true),
    completed('create', '503 with Retry-After', answer('create', 503, 'before', { headers: RETRY_SOON }), true),
    completed('media', 'applied, 504', answer('media', 504, 'after'), false),
    completed('create', '429 with Retry-After', answer('create', 429, 'before', { headers: RETRY_SOON }), true),
    completed('media', '404 for media', answer('media', 404, 'before'), true),
    completed(
      'status',
      'status unknown after a lost answer',
      (key) => [
        { step: 'create', transfer_key: key, action: { type: 'lose-answer' } },
        { step: 'status', transfer_key: key, action: { type: 'answer', status: 404, when: 'before', body: told } },
      ],
      false,
    ),
    completed('media', 'registration forgotten', one('media', { type: 'forget', when: 'before' }), true),
    completed(
      'media',
      'applied, answer lost, all forgotten',
      (key) => [
        { step: 'media', transfer_key: key, action: { type: 'lose-answer' } },
        { step: 'status', transfer_key: key, action: { type: 'forget', when: 'before' } },
      ],
      true,
    ),
    // What a hub spoils after it has answered for it, no answer tells; what left the house must be right all the same.
    completed('media', 'wrong bytes stored', one('media', { type: 'store-wrong-bytes' }), false),
    completed('create', 'huge answer', answer('create', 201, 'after', { fill_bytes: 2_000_000 }), false),
    completed('create', 'slow answer', one('create', { type: 'delay', ms: 300, when: 'after' }), false),
    stopped('create', '409', answer('create', 409, 'before')),
    stopped('create', '400', answer('create', 400, 'before')),
    { ...stopped('media', '413 and closed', answer('media', 413, 'before', { unread: true })), end: 'any' },
    {
      ...stopped(
        'create',
        '307 to elsewhere',
        answer('create', 307, 'before', { headers: { location: 'https://example.invalid/' } }),
      ),
      opensCircuit: true,
    },
    { ...stopped('create', '403', answer('create', 403, 'before')), opensCircuit: true },
    stopped(
      'create',
      'HTML for an answer',
      answer('create', 200, 'before', { body: `<p>${canary}</p>`, headers: { 'content-type': 'text/html' } }),
    ),
    ...IDENTITY_FIELDS.map((field) =>
      stopped('media', `applied for another ${field}`, one('media', { type: 'lie', set: { [field]: 'another' } })),
    ),
    ...['failed', 'inconsistent', 'lost', 'melted'].map((transfer_status) =>
      stopped('media', `says ${transfer_status}`, one('media', { type: 'lie', set: { transfer_status } })),
    ),
  ];
}

/** Of the plain faults, those that meet sealed media in another way, or that show that it is no other. */
const MET_SEALED = [
  'upload reset',
  'upload cut',
  'registered, answer lost',
  'applied, answer lost',
  'applied, no answer',
  'registration forgotten',
  'wrong bytes stored',
  '409',
  'applied for another resource_hash',
  'says failed',
];

/** The faults of a hub that media is sealed for. */
export function sealedFaults(canary: string): readonly HubFault[] {
  const receipt = (name: string, set_receipt: Record<string, string | boolean>): HubFault =>
    stopped('media', name, one('media', { type: 'lie', set_receipt: set_receipt }));
  return [
    ...hubFaults(canary).filter(({ name }) => MET_SEALED.includes(name)),
    completed('media', 'another upload holds it', one('media', { type: 'claim', ms: 1_000 }), false),
    stopped('media', 'no receipt', one('media', { type: 'lie', remove: ['envelope_receipt'] })),
    receipt('receipt for another ciphertext', { ciphertext_sha256: 'f'.repeat(64) }),
    receipt('receipt for another plaintext', { plaintext_sha256: 'f'.repeat(64) }),
    receipt('receipt for another resource', { resource_hash: 'f'.repeat(64) }),
    receipt('receipt that was not verified', { verified: false }),
  ];
}

type Rules = HubFault['rules'];

function completed(step: HubFault['step'], name: string, rules: Rules, failsAttempt: boolean): HubFault {
  return { name, end: 'completed', step, failsAttempt, rules };
}

function stopped(step: HubFault['step'], name: string, rules: Rules): HubFault {
  return { name, end: 'stopped', step, failsAttempt: true, rules };
}

function one(step: 'create' | 'media' | 'status', action: FaultRule['action']): Rules {
  return (transfer_key) => [{ step, transfer_key, action }];
}
