import { randomBytes } from 'node:crypto';
import { MediaFault } from '../media/media-source.js';
import type { ApprovedMedia } from './approved-media.service.js';
import type { AbortReason } from './hub-answer.js';
import type { HubPeer } from './hub.client.js';
import type { HubProtocol, MediaToSend, MediaTransfer, NotPrepared } from './hub-protocol.js';
import { mediaBody } from './media-body.stream.js';
import { multipartFrame, multipartLength } from './multipart.js';

/** Media by form, as it is (`endoreg-2.0`, `endoreg-3.0`). There is no receipt and nothing is kept. */
export class MultipartProtocol implements HubProtocol {
  constructor(private readonly approved: ApprovedMedia) {}

  async prepare(transfer: MediaTransfer, _peer: HubPeer, signal: AbortSignal): Promise<MediaToSend | NotPrepared> {
    const { media_sha256: sha256, media_size: size } = transfer.frozen;
    try {
      const { media, suffix } = await this.approved.open(transfer, signal);
      const frame = multipartFrame(`hub-export-${randomBytes(16).toString('hex')}`, sha256, suffix);
      return {
        headers: { 'content-type': frame.contentType, 'content-length': String(multipartLength(frame, size)) },
        layout: { headBytes: Buffer.byteLength(frame.head, 'latin1'), mediaBytes: size },
        body: () => mediaBody(media, { ...frame, sha256 }),
        close: () => media.close(),
      };
    } catch (error) {
      if (signal.aborted) return { kind: 'aborted', reason: signal.reason as AbortReason };
      if (error instanceof MediaFault) return { kind: 'not_sent', code: error.code };
      throw error;
    }
  }

  async sealed(): Promise<null> {
    return null;
  }

  async release(): Promise<void> {
    // Nothing is kept.
  }
}
