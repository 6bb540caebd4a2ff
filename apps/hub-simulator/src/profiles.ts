/** The wire variants a hub may speak; `payload_schema_version` alone does not tell them apart. */
export const PROFILE_NAMES = [
  'endoreg-2.0',
  'endoreg-3.0',
  'endoreg-3.0-envelope',
  'endoreg-3.0-envelope-raw-hash',
] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];

/** How one wire variant differs from the others. Everything not listed here is the same in all of them. */
export interface ProfileTraits {
  readonly name: ProfileName;
  /** The only `payload_schema_version` that a registration may carry. */
  readonly payloadSchemaVersion: '2.0' | '3.0';
  /** Under which key a video row, its annotations and its segments name the source video. */
  readonly videoIdentityKey: 'video_hash' | 'raw_video_hash';
  readonly acceptsVideoSegments: boolean;
  /** The source center must be the owning center of the source node. */
  readonly bindsCenterToNode: boolean;
  /** Creating a job and applying its metadata are one transaction; otherwise a failed application leaves a `pending` job. */
  readonly createIsAtomic: boolean;
  /** A replay is compared as a whole, not only by its nodes, kind and hash. */
  readonly comparesWholePayload: boolean;
  /** A hash that belongs to another center or another node's transfer makes the new job `inconsistent`. */
  readonly detectsOwnershipClash: boolean;
  /** Jobs that are `inconsistent` or rejected take no media. */
  readonly blocksClosedJobs: boolean;
  /** Status documents carry `processed_media_hash`. */
  readonly showsProcessedMediaHash: boolean;
  /** `multipart`: plaintext in a form; `envelope`: ciphertext as the raw body, its envelope in a header. */
  readonly media: 'multipart' | 'envelope';
}

const PLAIN_3_0: ProfileTraits = {
  name: 'endoreg-3.0',
  payloadSchemaVersion: '3.0',
  videoIdentityKey: 'video_hash',
  acceptsVideoSegments: true,
  bindsCenterToNode: true,
  createIsAtomic: true,
  comparesWholePayload: true,
  detectsOwnershipClash: true,
  blocksClosedJobs: true,
  showsProcessedMediaHash: true,
  media: 'multipart',
};

const PROFILES: Readonly<Record<ProfileName, ProfileTraits>> = {
  'endoreg-2.0': {
    name: 'endoreg-2.0',
    payloadSchemaVersion: '2.0',
    videoIdentityKey: 'video_hash',
    acceptsVideoSegments: false,
    bindsCenterToNode: false,
    createIsAtomic: false,
    comparesWholePayload: false,
    detectsOwnershipClash: false,
    blocksClosedJobs: false,
    showsProcessedMediaHash: false,
    media: 'multipart',
  },
  'endoreg-3.0': PLAIN_3_0,
  'endoreg-3.0-envelope': { ...PLAIN_3_0, name: 'endoreg-3.0-envelope', media: 'envelope' },
  'endoreg-3.0-envelope-raw-hash': {
    ...PLAIN_3_0,
    name: 'endoreg-3.0-envelope-raw-hash',
    videoIdentityKey: 'raw_video_hash',
    media: 'envelope',
  },
};

/** The traits of a profile. */
export function profileTraits(name: ProfileName): ProfileTraits {
  return PROFILES[name];
}

/** Whether a text names a profile. */
export function isProfileName(name: unknown): name is ProfileName {
  return typeof name === 'string' && (PROFILE_NAMES as readonly string[]).includes(name);
}
