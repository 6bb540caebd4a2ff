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

/** What another process told of its uploads over the bus, or `null` where it is nothing of the kind. */
export function parseProgress(text: string): { readonly from: string; readonly progress: UploadProgress } | null {
  const value = parsedObject(text);
  if (value === null || value.kind !== 'progress') return null;
  const { from, transfer_id, source_center_key, bytes_sent, bytes_total, rate, eta_seconds } = value;
  if (![from, transfer_id, source_center_key].every((field) => typeof field === 'string')) return null;
  if (![bytes_sent, bytes_total, rate, eta_seconds ?? 0].every((field) => typeof field === 'number')) return null;
  const progress = { transfer_id, source_center_key, bytes_sent, bytes_total, rate, eta_seconds: eta_seconds ?? null };
  return { from: from as string, progress: { kind: 'progress', ...progress } as UploadProgress };
}

function parsedObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
