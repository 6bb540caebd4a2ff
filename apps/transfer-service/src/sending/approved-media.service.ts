import type { OpenMedia, MediaSource } from '../media/media-source.js';
import type { Freezer } from '../transfer/freezer.service.js';
import type { MediaTransfer } from './hub-protocol.js';

/** The media a transfer was frozen with, wherever it lies. */
export class ApprovedMedia {
  constructor(
    private readonly freezer: Freezer,
    private readonly media: MediaSource,
  ) {}

  /**
   * @param stop aborted, the opening ends
   * @throws {MediaFault} where it cannot be opened as it was approved.
   */
  async open(
    transfer: MediaTransfer,
    stop: AbortSignal,
  ): Promise<{ readonly media: OpenMedia; readonly suffix: string }> {
    const { resource_kind: kind } = transfer.intent;
    const { locator, suffix } = await this.freezer.mediaLocator(newestSnapshot(transfer), kind);
    return { media: await this.media.open(locator, { kind, size: transfer.frozen.media_size }, stop), suffix };
  }
}

/** By the newest word of the site about this very media: it may have been moved since the transfer was frozen. */
function newestSnapshot({ resource, frozen }: MediaTransfer): string {
  if (resource.status !== 'present') return frozen.snapshot_digest;
  const { processed_media, snapshot_digest } = resource.facts;
  const isSame = processed_media.sha256 === frozen.media_sha256 && processed_media.size === frozen.media_size;
  return isSame ? snapshot_digest : frozen.snapshot_digest;
}
