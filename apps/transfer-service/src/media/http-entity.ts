/** What tells a representation of media from any other at the same place. */
export interface MediaEntity {
  /** Bytes of the whole. */
  readonly size: number;
  /** A strong entity tag, or else the date of the last change, or nothing. */
  readonly validator: string | null;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The request headers for the rest from `position` on, of that very entity (RFC 9110, 13.1.5 and 14.2). */
export function rangeOf(position: number, entity: MediaEntity | null): Readonly<Record<string, string>> {
  const range = `bytes=${position}-`;
  return entity === null || entity.validator === null ? { range } : { range, 'if-range': entity.validator };
}

/**
 * What an answer with 200 or 206 brings; `null` where it is not the bytes from `position` on, unaltered. A whole answer
 * (200) where a part was asked means that the entity is another one now.
 */
export function entityOf(status: number, headers: Headers, position: number): MediaEntity | null {
  if (text(headers['content-encoding']) !== '' && text(headers['content-encoding']) !== 'identity') return null;
  const validator = validatorOf(headers);
  if (status === 206) {
    const [, from, to, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text(headers['content-range'])) ?? [];
    if (from === undefined || Number(from) !== position || Number(to) !== Number(size) - 1) return null;
    return { size: Number(size), validator };
  }
  const length = text(headers['content-length']);
  return position === 0 && /^\d{1,15}$/.test(length) ? { size: Number(length), validator } : null;
}

/** Whether two answers are of one entity, as far as they tell. */
export function isSame(one: MediaEntity, other: MediaEntity): boolean {
  return one.size === other.size && one.validator === other.validator;
}

/** Weak tags are equal for what only means the same; the bytes may differ. */
function validatorOf(headers: Headers): string | null {
  const tag = text(headers['etag']);
  if (/^"[\x21\x23-\x7e]{0,200}"$/.test(tag)) return tag;
  const modified = text(headers['last-modified']);
  return /^[A-Za-z0-9 ,:]{1,40}$/.test(modified) ? modified : null;
}

function text(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header.trim() : '';
}
