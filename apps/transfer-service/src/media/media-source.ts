import type { ResourceKind } from '@hub-export/contracts';

/** Why media could not be sent as it was approved. */
export type MediaFaultCode =
  | 'media_missing'
  | 'media_unreadable'
  | 'media_changed'
  | 'media_kind_mismatch'
  /** The site's media server cannot be reached, or fails. */
  | 'media_source_unavailable'
  /** The locator names a host that is not allowed, or the site's media server lets us not in. */
  | 'media_source_refused'
  /** It is larger than what is configured to be sent. */
  | 'media_too_large';

/** The media is not what the transfer was frozen with; its place and name are never told. */
export class MediaFault extends Error {
  override readonly name = 'MediaFault';

  constructor(readonly code: MediaFaultCode) {
    super(code);
  }
}

export interface ExpectedMedia {
  readonly kind: ResourceKind;
  /** Bytes. */
  readonly size: number;
}

/** Media that was opened once, and is read, measured and hashed by that one handle. */
export interface OpenMedia {
  /**
   * The bytes from first to last. A buffer is valid until the next one is asked for.
   * @throws {MediaFault} `media_changed` where they end early, `media_unreadable` where the disk fails.
   */
  chunks(): AsyncIterable<Uint8Array>;
  /** @throws {MediaFault} `media_changed` where it is not the file any more that was opened. */
  requireUnchanged(): Promise<void>;
  /** Ends a read that is under way, with a fault. May be called again. */
  close(): Promise<void>;
}

/** Where media comes from, by its locator. */
export interface MediaSource {
  /**
   * @param stop aborted, the opening ends; what is open is closed by `close` alone
   * @throws {MediaFault} where it cannot be opened, has another size, or another kind of content.
   */
  open(locator: string, expected: ExpectedMedia, stop?: AbortSignal): Promise<OpenMedia>;
}

/** How each kind begins, and at which byte. */
const SIGNATURES: Readonly<Record<ResourceKind, { readonly at: number; readonly text: string }>> = {
  video: { at: 4, text: 'ftyp' },
  report: { at: 0, text: '%PDF-' },
};

/** Bytes of the beginning that tell the kind. */
export const SIGNATURE_BYTES = 8;

/** Whether the first bytes are those of the kind: an MP4 family file or a PDF. */
export function hasSignatureOf(kind: ResourceKind, beginning: Uint8Array): boolean {
  const { at, text } = SIGNATURES[kind];
  return [...text].every((character, index) => beginning[at + index] === character.charCodeAt(0));
}

const LOCATOR_PARTS_MAX = 32;
const PART_BYTES_MAX = 255;

/**
 * The parts of a `file:` locator, relative to the media root, or `null` where it is none: no empty part, no `.` or
 * `..`, no backslash, no control character, nothing absolute.
 */
export function locatorParts(locator: string): readonly string[] | null {
  if (!locator.startsWith('file:')) return null;
  const parts = locator.slice('file:'.length).split('/');
  if (parts.length > LOCATOR_PARTS_MAX) return null;
  return parts.every(isSafePart) ? parts : null;
}

function isSafePart(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || part.length > PART_BYTES_MAX) return false;
  return !/[\\\u0000-\u001f\u007f]/.test(part);
}
