import type { Sample } from './samples.file.js';

/** What the simulated hub says of a transfer, by its control interface. */
export interface HubWord {
  /** Null where the hub has no such transfer. */
  readonly transfer: {
    readonly transfer_status: string;
    readonly resource_hash: string;
    readonly media: { readonly sha256: string; readonly size: number } | null;
  } | null;
  readonly storedMedia: { readonly exists: boolean; readonly size: number | null };
}

/** Everything in which the hub's word differs from what was to be delivered; empty where it is verified. */
export function verificationFaults(sample: Sample, { transfer, storedMedia }: HubWord): readonly string[] {
  const { sha256, size } = sample.snapshot.processed_media;
  if (transfer === null) return ['the hub does not know the transfer'];
  return [
    ...(transfer.transfer_status === 'applied' ? [] : [`the hub says ${transfer.transfer_status}`]),
    ...(transfer.resource_hash === sample.resource_hash ? [] : ['the hub has it under another resource']),
    ...(transfer.media?.sha256 === sha256 ? [] : ['the hub applied other media']),
    ...(storedMedia.exists && storedMedia.size === size ? [] : ['the hub does not hold the media']),
  ];
}
