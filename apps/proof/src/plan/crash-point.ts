/** How far a transfer has come when a point is passed; a fault that ends a transfer earlier leaves it unreached. */
export type Stage = 'registration' | 'media' | 'completed';

export type Victim = 'marking-service' | 'transfer-service' | 'audit-service';

/** A moment at which a service is killed or stopped. */
export interface CrashPoint {
  /** Its number among the twenty-eight of the plan (docs/proof.md). */
  readonly number: number;
  readonly name: string;
  /** Whose process it is; of the relay either may be the one that works. */
  readonly victims: readonly Victim[];
  /** `inside`: the process gives itself the signal; `hub`: it is given from outside, when the hub tells the moment. */
  readonly by: 'inside' | 'hub';
  readonly stage: Stage;
  /** At its so-manieth passing. */
  readonly passing: number;
  /** It needs an upload of several pieces. */
  readonly largeMedia?: true;
  /** It is passed only where an attempt fails. */
  readonly needsFailure?: true;
  /** It needs an upload that takes longer than a third of a lease. */
  readonly needsSlowUpload?: true;
  /** It is passed when a message comes, which a consumer that was killed before holds up for as long as it may. */
  readonly needsMessage?: true;
}

const SENDER = ['transfer-service'] as const;
const RELAYS = ['marking-service', 'transfer-service'] as const;

/** The points at which a sender is killed: each can meet every fault of a hub. */
export const SENDER_POINTS: readonly CrashPoint[] = [
  sender(8, 'sender-lease-taken', 'registration'),
  sender(9, 'after-RegistrationStarted', 'registration'),
  { ...sender(10, 'registration-under-way', 'registration'), by: 'hub' },
  { ...sender(11, 'registered-answer-lost', 'registration'), by: 'hub' },
  sender(12, 'before-RegistrationAccepted', 'media'),
  sender(13, 'after-RegistrationAccepted', 'media'),
  sender(14, 'media-opened', 'media'),
  sender(15, 'media-hashed', 'media'),
  sender(16, 'after-UploadStarted', 'media'),
  { ...sender(17, 'media-piece-sent', 'media'), largeMedia: true },
  { ...sender(18, 'media-piece-sent', 'media'), largeMedia: true, passing: 2 },
  sender(19, 'media-all-sent', 'media'),
  { ...sender(20, 'applied-answer-lost', 'media'), by: 'hub' },
  sender(21, 'before-TransferCompleted', 'completed'),
  sender(22, 'after-TransferCompleted', 'completed'),
  { ...sender(24, 'after-TransferFailed', 'registration'), needsFailure: true },
  { ...sender(25, 'sender-lease-renewal', 'media'), needsSlowUpload: true },
];

/** The points of the other parts, which a hub's faults cannot meet: there the hub is as it should be. */
export const OTHER_POINTS: readonly CrashPoint[] = [
  { ...sender(1, 'before-ResourceMarked', 'registration'), victims: ['marking-service'] },
  { ...sender(2, 'after-ResourceMarked', 'registration'), victims: ['marking-service'] },
  { ...sender(2, 'relay-before-publish', 'registration'), victims: RELAYS },
  { ...sender(3, 'relay-after-publish', 'registration'), victims: RELAYS },
  { ...sender(4, 'mark-before-reply', 'registration'), victims: ['marking-service'] },
  { ...sender(5, 'consumer-before-handling', 'registration'), needsMessage: true },
  { ...sender(6, 'consumer-before-ack', 'registration'), needsMessage: true },
  { ...sender(7, 'consumer-after-ack', 'registration'), needsMessage: true },
  { ...sender(23, 'relay-after-publish', 'completed'), victims: RELAYS, passing: 3 },
  { ...sender(26, 'audit-before-commit', 'registration'), victims: ['audit-service'] },
  { ...sender(27, 'consumer-before-ack', 'registration'), victims: ['audit-service'], needsMessage: true },
];

function sender(number: number, name: string, stage: Stage): CrashPoint {
  return { number, name, victims: SENDER, by: 'inside', stage, passing: 1 };
}
