import type { SendingConfig } from '../config.js';
import { FileMediaSource } from './file-media.source.js';
import { HttpsMediaSource } from './https-media.source.js';
import { LocatedMedia } from './located-media.source.js';
import type { MediaSource } from './media-source.js';

/** Where this site's media comes from, as it is configured. */
export function mediaOf({
  mediaRoot,
  mediaHardLinks: hardLinks,
  mediaMaxBytes,
  httpsMedia,
}: Pick<SendingConfig, 'mediaRoot' | 'mediaHardLinks' | 'mediaMaxBytes' | 'httpsMedia'>): MediaSource {
  const file = new FileMediaSource(mediaRoot, { hardLinks });
  return new LocatedMedia({ file, https: httpsMedia && new HttpsMediaSource(httpsMedia) }, mediaMaxBytes);
}
