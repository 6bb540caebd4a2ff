import type { TransferStatus } from '../overview/resource.js';
import type { HistoryEvent } from './transfer.js';

/** Where a state stands in the picture. */
export interface StatePlace {
  readonly status: TransferStatus;
  readonly x: number;
  readonly y: number;
}

export const PICTURE = { width: 1300, height: 250, boxWidth: 156, boxHeight: 44 } as const;

/** The states of the specification, from left to right as a transfer goes; `failed` lies below its way. */
export const STATE_PLACES: readonly StatePlace[] = [
  { status: 'not_marked', x: 86, y: 90 },
  { status: 'marked', x: 274, y: 90 },
  { status: 'queued', x: 462, y: 90 },
  { status: 'registering', x: 650, y: 90 },
  { status: 'awaiting_media', x: 838, y: 90 },
  { status: 'uploading', x: 1026, y: 90 },
  { status: 'completed', x: 1214, y: 90 },
  { status: 'failed', x: 838, y: 210 },
];

/** A transition of the specification and the line that draws it. */
export interface TransitionLine {
  readonly from: TransferStatus;
  readonly to: TransferStatus;
  readonly path: string;
}

/** The twelve "Allowed transitions", no more and no less. */
export const TRANSITION_LINES: readonly TransitionLine[] = [
  { from: 'not_marked', to: 'marked', path: 'M164 82 H194' },
  { from: 'marked', to: 'not_marked', path: 'M196 98 H166' },
  { from: 'marked', to: 'queued', path: 'M352 90 H382' },
  { from: 'queued', to: 'registering', path: 'M540 90 H570' },
  { from: 'registering', to: 'awaiting_media', path: 'M728 90 H758' },
  { from: 'registering', to: 'completed', path: 'M650 68 C650 18 1214 18 1214 66' },
  { from: 'registering', to: 'failed', path: 'M650 112 C650 160 708 204 758 204' },
  { from: 'awaiting_media', to: 'uploading', path: 'M916 90 H946' },
  { from: 'awaiting_media', to: 'failed', path: 'M838 112 V186' },
  { from: 'uploading', to: 'completed', path: 'M1104 90 H1134' },
  { from: 'uploading', to: 'failed', path: 'M1026 112 C1026 160 968 204 918 204' },
  { from: 'failed', to: 'queued', path: 'M760 218 C580 226 462 190 462 114' },
];

/** The states that a transfer has been in, by its history, the first and the current one included. */
export function visitedStates(history: readonly HistoryEvent[]): ReadonlySet<TransferStatus> {
  return new Set<TransferStatus>(['not_marked', ...history.flatMap(({ type }) => STATE_AFTER[type] ?? [])]);
}

const STATE_AFTER: Readonly<Record<string, TransferStatus>> = {
  ResourceMarked: 'marked',
  ResourceUnmarked: 'not_marked',
  TransferQueued: 'queued',
  RegistrationStarted: 'registering',
  RegistrationAccepted: 'awaiting_media',
  UploadStarted: 'uploading',
  TransferCompleted: 'completed',
  TransferFailed: 'failed',
};
