import type { TransferStatus } from '../overview/resource.js';
import type { HistoryEvent } from './transfer.js';

/** Where a state stands in the picture. */
export interface StatePlace {
  readonly status: TransferStatus;
  readonly x: number;
  readonly y: number;
}

export const PICTURE = { width: 1040, height: 250, boxWidth: 112, boxHeight: 44 } as const;

/** The states of the specification, from left to right as a transfer goes; `failed` lies below its way. */
export const STATE_PLACES: readonly StatePlace[] = [
  { status: 'not_marked', x: 70, y: 90 },
  { status: 'marked', x: 218, y: 90 },
  { status: 'queued', x: 366, y: 90 },
  { status: 'registering', x: 514, y: 90 },
  { status: 'awaiting_media', x: 666, y: 90 },
  { status: 'uploading', x: 818, y: 90 },
  { status: 'completed', x: 966, y: 90 },
  { status: 'failed', x: 666, y: 210 },
];

/** A transition of the specification and the line that draws it. */
export interface TransitionLine {
  readonly from: TransferStatus;
  readonly to: TransferStatus;
  readonly path: string;
}

/** The twelve "Allowed transitions", no more and no less. */
export const TRANSITION_LINES: readonly TransitionLine[] = [
  { from: 'not_marked', to: 'marked', path: 'M126 82 H160' },
  { from: 'marked', to: 'not_marked', path: 'M162 98 H128' },
  { from: 'marked', to: 'queued', path: 'M274 90 H308' },
  { from: 'queued', to: 'registering', path: 'M422 90 H456' },
  { from: 'registering', to: 'awaiting_media', path: 'M570 90 H608' },
  { from: 'registering', to: 'completed', path: 'M514 68 C514 18 966 18 966 66' },
  { from: 'registering', to: 'failed', path: 'M514 112 C514 160 560 204 608 204' },
  { from: 'awaiting_media', to: 'uploading', path: 'M722 90 H760' },
  { from: 'awaiting_media', to: 'failed', path: 'M666 112 V186' },
  { from: 'uploading', to: 'completed', path: 'M874 90 H908' },
  { from: 'uploading', to: 'failed', path: 'M818 112 C818 160 772 204 724 204' },
  { from: 'failed', to: 'queued', path: 'M610 218 C460 226 366 190 366 114' },
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
