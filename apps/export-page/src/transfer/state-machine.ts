import type { TransferStatus } from '../overview/resource.js';
import type { HistoryEvent } from './transfer.js';

/** Where a state stands in the picture. */
export interface StatePlace {
  readonly status: TransferStatus;
  readonly x: number;
  readonly y: number;
}

export const PICTURE = { width: 1150, height: 250, boxWidth: 134, boxHeight: 44 } as const;

/** The states of the specification, from left to right as a transfer goes; `failed` lies below its way. */
export const STATE_PLACES: readonly StatePlace[] = [
  { status: 'not_marked', x: 75, y: 90 },
  { status: 'marked', x: 241, y: 90 },
  { status: 'queued', x: 407, y: 90 },
  { status: 'registering', x: 573, y: 90 },
  { status: 'awaiting_media', x: 739, y: 90 },
  { status: 'uploading', x: 905, y: 90 },
  { status: 'completed', x: 1071, y: 90 },
  { status: 'failed', x: 739, y: 210 },
];

/** A transition of the specification and the line that draws it. */
export interface TransitionLine {
  readonly from: TransferStatus;
  readonly to: TransferStatus;
  readonly path: string;
}

/** The twelve "Allowed transitions", no more and no less. */
export const TRANSITION_LINES: readonly TransitionLine[] = [
  { from: 'not_marked', to: 'marked', path: 'M142 82 H172' },
  { from: 'marked', to: 'not_marked', path: 'M174 98 H144' },
  { from: 'marked', to: 'queued', path: 'M308 90 H338' },
  { from: 'queued', to: 'registering', path: 'M474 90 H504' },
  { from: 'registering', to: 'awaiting_media', path: 'M640 90 H670' },
  { from: 'registering', to: 'completed', path: 'M573 68 C573 18 1071 18 1071 66' },
  { from: 'registering', to: 'failed', path: 'M573 112 C573 160 620 204 670 204' },
  { from: 'awaiting_media', to: 'uploading', path: 'M806 90 H836' },
  { from: 'awaiting_media', to: 'failed', path: 'M739 112 V186' },
  { from: 'uploading', to: 'completed', path: 'M972 90 H1002' },
  { from: 'uploading', to: 'failed', path: 'M905 112 C905 160 858 204 808 204' },
  { from: 'failed', to: 'queued', path: 'M672 218 C510 226 407 190 407 114' },
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
