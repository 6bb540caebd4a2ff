import { type TransferEvent, transferStream } from '@hub-export/contracts';
import { type EventStore, toDomainEvent } from '@hub-export/event-store';
import { MediaFault, type OpenMedia } from '../media/media-source.js';
import type { ApprovedMedia } from '../sending/approved-media.service.js';
import type { AbortReason } from '../sending/hub-answer.js';
import type { HubProtocol, MediaToSend, MediaTransfer, NotPrepared } from '../sending/hub-protocol.js';
import type { HubPeer } from '../sending/hub.client.js';
import { mediaBody } from '../sending/media-body.stream.js';
import { canonicalText, identityOf, isEnvelopeOf, type SealedMedia } from './envelope.js';
import { readRecipientKey } from './recipient-key.file.js';
import { recipientKeyId, Seal } from './seal.cipher.js';
import { maySealAnew } from './sealed-anew.js';
import { SealingFault } from './sealing-fault.js';
import type { Staging } from './staging.file.js';

export interface SealedParts {
  readonly approved: ApprovedMedia;
  readonly staging: Staging;
  readonly events: EventStore;
}

interface Ready {
  readonly sealed: SealedMedia;
  readonly ciphertext: OpenMedia;
}

/**
 * Media in an envelope that only the hub opens (`endoreg-3.0-envelope`, `endoreg-3.0-envelope-raw-hash`). It is sealed
 * once, kept on disk before its first byte is sent, and the very same bytes are sent by every further attempt until
 * the hub's receipt for them is verified. What is sent is read from the sealed file: plaintext has no way out.
 */
export class SealedProtocol implements HubProtocol {
  constructor(private readonly parts: SealedParts) {}

  async prepare(transfer: MediaTransfer, peer: HubPeer, signal: AbortSignal): Promise<MediaToSend | NotPrepared> {
    try {
      const ready = (await this.staged(transfer, peer)) ?? (await this.sealAnew(transfer, peer, signal));
      return this.request(transfer.intent.transfer_id, ready);
    } catch (error) {
      if (signal.aborted) return { kind: 'aborted', reason: signal.reason as AbortReason };
      if (error instanceof MediaFault || error instanceof SealingFault) return { kind: 'not_sent', code: error.code };
      throw error;
    }
  }

  sealed(transferId: string): Promise<SealedMedia | null> {
    return this.parts.staging.find(transferId);
  }

  release(transferId: string): Promise<void> {
    return this.parts.staging.discard(transferId);
  }

  /** What was sealed before, if it is whole and still the one to send. */
  private async staged(transfer: MediaTransfer, peer: HubPeer): Promise<Ready | null> {
    const { transfer_id } = transfer.intent;
    const sealed = await this.parts.staging.find(transfer_id);
    if (sealed === null || !isEnvelopeOf(sealed.envelope, identityOf(transfer))) return null;
    // After a rotation of the hub's key the old envelope still stands, unless it may give way to one for the new key.
    const isForKey = await this.isSealedFor(sealed, peer);
    if (!isForKey && (await this.maySealAnew(transfer_id))) return null;
    const ciphertext = await this.parts.staging.openCiphertext(transfer_id, sealed);
    return ciphertext === null ? null : { sealed, ciphertext };
  }

  private async sealAnew(transfer: MediaTransfer, peer: HubPeer, signal: AbortSignal): Promise<Ready> {
    const { staging, approved } = this.parts;
    const { transfer_id } = transfer.intent;
    if (!(await this.maySealAnew(transfer_id))) throw new SealingFault('staged_envelope_lost');
    const seal = new Seal(identityOf(transfer), await readRecipientKey(peer.document));
    const { media } = await approved.open(transfer, signal);
    try {
      signal.throwIfAborted();
      await staging.discard(transfer_id);
      const sealed = await staging.seal(transfer_id, media, seal, signal);
      const ciphertext = await staging.openCiphertext(transfer_id, sealed);
      if (ciphertext === null) throw new SealingFault('staging_unavailable');
      return { sealed, ciphertext };
    } finally {
      await media.close();
    }
  }

  private request(transferId: string, { sealed, ciphertext }: Ready): MediaToSend {
    return {
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(sealed.ciphertext_size),
        'x-hub-media-role': 'processed',
        'x-hub-media-envelope': canonicalText(sealed.envelope),
      },
      layout: { headBytes: 0, mediaBytes: sealed.ciphertext_size },
      body: () => this.body(transferId, sealed, ciphertext),
      close: () => ciphertext.close(),
    };
  }

  private async *body(
    transferId: string,
    { ciphertext_sha256: sha256 }: SealedMedia,
    ciphertext: OpenMedia,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* mediaBody(ciphertext, { head: '', tail: '', sha256 });
    } catch (error) {
      if (!(error instanceof MediaFault)) throw error;
      // The disk gave back other bytes than it was given; whether new ones may be made is for the next attempt.
      if (error.code === 'media_changed') await this.parts.staging.discardCiphertext(transferId);
      throw new SealingFault('staged_envelope_lost', { cause: error });
    }
  }

  private async isSealedFor({ envelope }: SealedMedia, { document }: HubPeer): Promise<boolean> {
    return envelope.recipient_key_id === recipientKeyId(await readRecipientKey(document));
  }

  private async maySealAnew(transferId: string): Promise<boolean> {
    const history = await this.parts.events.readStream(transferStream(transferId));
    return maySealAnew(history.map((event) => toDomainEvent<TransferEvent>(event)));
  }
}
