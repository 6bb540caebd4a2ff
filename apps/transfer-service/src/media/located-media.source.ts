import { type ExpectedMedia, MediaFault, type MediaSource, type OpenMedia } from './media-source.js';

/** Media wherever its locator says: below the media root, or at the site's media server if there is one. */
export class LocatedMedia implements MediaSource {
  constructor(
    private readonly sources: { readonly file: MediaSource; readonly https: MediaSource | null },
    /** Larger media is refused, in bytes. */
    private readonly maxBytes: number,
  ) {}

  async open(locator: string, expected: ExpectedMedia, stop?: AbortSignal): Promise<OpenMedia> {
    if (expected.size < 1) throw new MediaFault('media_changed');
    if (expected.size > this.maxBytes) throw new MediaFault('media_too_large');
    return this.sourceOf(locator).open(locator, expected, stop);
  }

  private sourceOf(locator: string): MediaSource {
    const { file, https } = this.sources;
    if (!locator.startsWith('https:')) return file;
    if (https === null) throw new MediaFault('media_source_refused');
    return https;
  }
}
