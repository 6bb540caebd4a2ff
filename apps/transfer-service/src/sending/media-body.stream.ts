import { crashPoint } from '@hub-export/environment';
import { createHash } from 'node:crypto';
import { MediaFault, type OpenMedia } from '../media/media-source.js';

export interface MediaBody {
  readonly head: string;
  readonly tail: string;
  readonly sha256: string;
}

/**
 * The body of an upload, hashed while it is sent from one handle. The last piece is withheld until the digest of the
 * whole is right and the file is still the one that was opened: wrong bytes can never make a complete body.
 *
 * @throws {MediaFault} in the middle of the body, which breaks the request off.
 */
export async function* mediaBody(media: OpenMedia, body: MediaBody): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  crashPoint('media-before-first-byte');
  if (body.head !== '') yield Buffer.from(body.head, 'latin1');

  let withheld: Uint8Array | null = null;
  for await (const chunk of media.chunks()) {
    if (withheld !== null) {
      yield withheld;
      crashPoint('media-piece-sent');
    }
    hash.update(chunk);
    withheld = chunk;
  }
  if (hash.digest('hex') !== body.sha256) throw new MediaFault('media_changed');
  await media.requireUnchanged();
  crashPoint('media-hashed');
  if (withheld !== null) yield withheld;
  if (body.tail !== '') yield Buffer.from(body.tail, 'latin1');
  crashPoint('media-all-sent');
}
