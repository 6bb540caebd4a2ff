import type { HubAnswer } from './hub-answer.js';
import { hubSign } from './hub-sign.js';

/** The one call that finds out whether a hub is well again. */
export interface ProbeQuestion {
  readonly call: 'create' | 'status';
  /** A transfer that the hub knows; `null` asks for one that cannot exist. */
  readonly transferKey: string | null;
  /** An answer without credentials behind it is enough. */
  readonly provesEnough: boolean;
}

/**
 * What is asked depends on what was met, by the order in which hubs check (hub contract, chapter 2). A hub answers for an
 * unknown transfer before it looks at credentials, so those are asked with a transfer that it knows. Whether it takes
 * transfers at all is told by a registration with nothing in it: 404 where it does not, 400 where it does.
 */
export function probeQuestion(code: string, knownKey: string | null): ProbeQuestion {
  if (code === 'hub_transfers_off') return { call: 'create', transferKey: null, provesEnough: true };
  const aboutCredentials = code === 'hub_denies_access';
  return { call: 'status', transferKey: aboutCredentials ? knownKey : null, provesEnough: !aboutCredentials };
}

/** Whether the answer closes the circuit; `undecided` where the hub is there and does not tell. */
export function isAnswerWell(question: ProbeQuestion, answer: HubAnswer): 'well' | 'not_yet' | 'undecided' {
  if (answer.kind !== 'answered') return 'not_yet';
  const { says } = hubSign(question.call, answer);
  if (says === 'trouble' || answer.document === null || answer.status >= 429) return 'not_yet';
  if (says === 'well' || question.provesEnough) return 'well';
  return 'undecided';
}
