import type { EligibleState, HubProfile } from '../vocabulary.js';

/** In what the wire contracts of hubs differ, as far as the registration is concerned (hub contract, chapter 0). */
export interface ProfileTraits {
  readonly schemaVersion: '2.0' | '3.0';
  /** The member that names a video by its content, in every row that does. */
  readonly videoKey: 'video_hash' | 'raw_video_hash';
  /** `resource_rows.video_segments` is known; elsewhere it is refused. */
  readonly videoSegments: boolean;
  /** `sensitive_meta` with both pseudonym hashes must be there; elsewhere "where available". */
  readonly pseudonymsRequired: boolean;
  /** The hub takes from a node only resources of the center that owns the node. */
  readonly bindsCenter: boolean;
  /** What `processing_history.file_hash` of a video stands for; of a report it is always the resource. */
  readonly videoHistory: 'resource' | 'processed_media';
  /** Anonymization states the hub takes; narrower than the specification's three. */
  readonly accepts: readonly EligibleState[];
  /** The media goes out in an envelope that only the hub's key opens. */
  readonly sealsMedia: boolean;
  /** Form of `source_center_key`: envelopes bear it and are the narrowest. */
  readonly centerKey: RegExp;
}

const TRIMMED = /^\S(?:[\s\S]*\S)?$/;
const ENVELOPE_KEY = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

const PLAIN_3: ProfileTraits = {
  schemaVersion: '3.0',
  videoKey: 'video_hash',
  videoSegments: true,
  pseudonymsRequired: true,
  bindsCenter: true,
  videoHistory: 'resource',
  accepts: ['VALIDATED'],
  sealsMedia: false,
  centerKey: TRIMMED,
};

const ENVELOPE_3: ProfileTraits = { ...PLAIN_3, sealsMedia: true, centerKey: ENVELOPE_KEY };

/** The one table of differences; a new hub contract is a new line here. */
export const PROFILE_TRAITS: { readonly [Profile in HubProfile]: ProfileTraits } = {
  'endoreg-2.0': {
    ...PLAIN_3,
    schemaVersion: '2.0',
    videoSegments: false,
    pseudonymsRequired: false,
    bindsCenter: false,
    videoHistory: 'processed_media',
  },
  'endoreg-3.0': PLAIN_3,
  'endoreg-3.0-envelope': ENVELOPE_3,
  'endoreg-3.0-envelope-raw-hash': { ...ENVELOPE_3, videoKey: 'raw_video_hash' },
};

/** The anonymization states that a hub of this profile takes; a resource in another is not eligible for it. */
export function profileAccepts(profile: HubProfile): readonly EligibleState[] {
  return PROFILE_TRAITS[profile].accepts;
}
