/** How far an upload is. */
export interface UploadProgress {
  readonly kind: 'progress';
  readonly transfer_id: string;
  readonly source_center_key: string;
  readonly bytes_sent: number;
  readonly bytes_total: number;
  /** Bytes per second since the upload began. */
  readonly rate: number;
  /** Seconds until the end at this rate; `null` while nothing has moved. */
  readonly eta_seconds: number | null;
  /** The process that sends, where it was heard over the bus. */
  readonly from?: string;
}

/** A fact of a transfer was recorded; whoever shows it reads it again at this position. */
export interface TransferChange {
  readonly kind: 'change';
  readonly transfer_id: string;
  readonly event: string;
  readonly at: string;
  readonly position: number;
}

export type LiveMessage = UploadProgress | TransferChange;

export function progressOf(upload: {
  readonly transfer_id: string;
  readonly source_center_key: string;
  readonly bytes_sent: number;
  readonly bytes_total: number;
  readonly elapsedMs: number;
}): UploadProgress {
  const { elapsedMs, ...rest } = upload;
  const rate = elapsedMs > 0 ? Math.round((upload.bytes_sent * 1000) / elapsedMs) : 0;
  const eta_seconds = rate > 0 ? Math.ceil((upload.bytes_total - upload.bytes_sent) / rate) : null;
  return { kind: 'progress', ...rest, rate, eta_seconds };
}

export function isProgress(value: unknown): value is UploadProgress {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'progress';
}
