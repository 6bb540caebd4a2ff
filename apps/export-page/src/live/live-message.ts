/** How far an upload is, as transfer-service tells it. */
export interface UploadProgress {
  readonly kind: 'progress';
  readonly transfer_id: string;
  readonly bytes_sent: number;
  readonly bytes_total: number;
  /** Bytes per second since the upload began. */
  readonly rate: number;
  readonly eta_seconds: number | null;
}

/** Something was recorded: of a transfer, or of the site (nodes, egress). */
export interface Change {
  readonly kind: 'change' | 'site';
  readonly transfer_id: string | null;
  readonly event: string;
  readonly position: number;
}

export type LiveMessage = UploadProgress | Change;

/** What a message of the stream says, null where it says nothing to us, as a heartbeat does. */
export function liveMessageFrom(data: string): LiveMessage | null {
  const value = parsed(data);
  if (value === null) return null;
  const { kind, transfer_id, event, position, bytes_sent, bytes_total, rate, eta_seconds } = value;
  if (kind === 'progress') {
    if (typeof transfer_id !== 'string' || !isCount(bytes_sent) || !isCount(bytes_total) || !isCount(rate)) return null;
    return { kind, transfer_id, bytes_sent, bytes_total, rate, eta_seconds: isCount(eta_seconds) ? eta_seconds : null };
  }
  if ((kind === 'change' || kind === 'site') && typeof event === 'string' && isCount(position)) {
    return { kind, transfer_id: typeof transfer_id === 'string' ? transfer_id : null, event, position };
  }
  return null;
}

/** The share that is sent, in whole percent; 100 only when all of it is. */
export function percentOf({ bytes_sent, bytes_total }: Pick<UploadProgress, 'bytes_sent' | 'bytes_total'>): number {
  return bytes_total === 0 ? 0 : Math.min(100, Math.floor((bytes_sent * 100) / bytes_total));
}

function parsed(data: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
