import { resourceStream } from '@hub-export/contracts';
import { type EventStore, load } from '@hub-export/event-store';
import { resourceDecider } from '@hub-export/transfer-life';
import type { OpenMedia, MediaSource } from '../media/media-source.js';
import type { Freezer } from '../transfer/freezer.service.js';
import type { MediaTransfer } from './hub-protocol.js';

/** The media a transfer was frozen with, wherever it lies. */
export class ApprovedMedia {
  constructor(
    private readonly freezer: Freezer,
    private readonly media: MediaSource,
    private readonly events: EventStore,
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
    const { locator, suffix } = await this.freezer.mediaLocator(await this.snapshotOf(transfer), kind);
    return { media: await this.media.open(locator, { kind, size: transfer.frozen.media_size }, stop), suffix };
  }

  /** The newest word of the site about this very media: it may have been moved since the transfer was frozen. */
  private async snapshotOf({ intent, frozen }: MediaTransfer): Promise<string> {
    const streamId = resourceStream(intent.resource_kind, intent.resource_hash);
    const { state: resource } = await load(this.events, resourceDecider, streamId);
    if (resource.status !== 'present') return frozen.snapshot_digest;
    const { processed_media, snapshot_digest } = resource.facts;
    const isSame = processed_media.sha256 === frozen.media_sha256 && processed_media.size === frozen.media_size;
    return isSame ? snapshot_digest : frozen.snapshot_digest;
  }
}
