import { CODES_DE } from './codes.de.js';
import { CODES_EN } from './codes.en.js';
import type {
  GateKeeper,
  GateName,
  IneligibilityCode,
  MaterialFault,
  RequirementCode,
  TransferRefusalCode,
} from '@hub-export/transfer-life';
import type { AnonymizationState, FailureClass, TransferStatus } from '@hub-export/contracts';

/** Every code of the rules has words: where one is missing, `npm run check` does not compile this. */
export interface CodeWords {
  readonly status: Readonly<Record<TransferStatus, string>>;
  readonly anonymization: Readonly<Record<AnonymizationState, string>>;
  readonly ineligible: Readonly<Record<IneligibilityCode, string>>;
  readonly requirement: Readonly<Record<RequirementCode, { name: string; failed: string; remedy: string }>>;
  readonly material: Readonly<Record<MaterialFault, string>>;
  readonly gate: Readonly<Record<GateName, string>>;
  readonly keeper: Readonly<Record<GateKeeper, string>>;
  readonly failureClass: Readonly<Record<FailureClass, { name: string; remedy: string }>>;
  readonly refusal: Readonly<Record<TransferRefusalCode, string>> & Readonly<Record<string, string>>;
  /** Codes of the sender's failures, open since each hub may add its own; unknown ones are shown as they are. */
  readonly failure: Readonly<Record<string, string>>;
}

export const COMPLETE: readonly CodeWords[] = [CODES_DE, CODES_EN];
