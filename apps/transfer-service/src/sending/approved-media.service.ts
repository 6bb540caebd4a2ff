import type { OpenMedia, MediaSource } from '../media/media-source.js';
import type { Freezer } from '../transfer/freezer.service.js';
import type { MediaTransfer } from './hub-protocol.js';

/** The media a transfer was frozen with, wherever it lies. */
export class ApprovedMedia {
  constructor(
    private readonly freezer: Freezer,
    private readonly media: MediaSource,
  ) {}

  /** @throws {MediaFault} where it cannot be opened as it was approved. */
  async open({ intent, frozen }: MediaTransfer): Promise<{ readonly media: OpenMedia; readonly suffix: string }> {
    const { resource_kind: kind } = intent;
    const { locator, suffix } = await this.freezer.mediaLocator(frozen, kind);
    return { media: await this.media.open(locator, { kind, size: frozen.media_size }), suffix };
  }
}
