import type { HubAnswer } from './hub-answer.js';
import { hubSign } from './hub-sign.js';

/** What has to go well between us and a hub, in the order in which it is met. */
export const PROBE_STEPS = [
  'name_resolution',
  'tcp',
  'tls',
  'client_certificate',
  'node_credentials',
  'transfers_enabled',
] as const;
export type ProbeStepName = (typeof PROBE_STEPS)[number];

export interface ProbeStep {
  readonly step: ProbeStepName;
  /** `not_reached`: something before it failed, or nothing tells how it stands; `code` then says why, where it is known. */
  readonly outcome: 'passed' | 'failed' | 'not_reached';
  /** A stable code; `null` where it passed. */
  readonly code: string | null;
  /** What it took, in milliseconds; `null` where it was not tried by itself. */
  readonly duration_ms: number | null;
}

export interface Timed {
  readonly answer: HubAnswer;
  readonly durationMs: number;
}

export function passed(step: ProbeStepName, durationMs: number | null): ProbeStep {
  return { step, outcome: 'passed', code: null, duration_ms: durationMs };
}

export function failed(step: ProbeStepName, code: string, durationMs: number | null): ProbeStep {
  return { step, outcome: 'failed', code, duration_ms: durationMs };
}

export function notReached(
  step: ProbeStepName,
  code: string | null = null,
  durationMs: number | null = null,
): ProbeStep {
  return { step, outcome: 'not_reached', code, duration_ms: durationMs };
}

/** All steps, those that were not come to as `not_reached`. */
export function allSteps(found: readonly ProbeStep[]): readonly ProbeStep[] {
  return PROBE_STEPS.map((name) => found.find(({ step }) => step === name) ?? notReached(name));
}

/**
 * Whether the hub takes our certificate, by its answer to a question that needs nothing else.
 * @param fault what is wrong with our own files, if anything
 */
export function certificateStep({ answer, durationMs }: Timed, fault: string | null): ProbeStep {
  if (fault !== null) return failed('client_certificate', fault, null);
  switch (answer.kind) {
    case 'answered': {
      const isRefused = answer.status === 400 && answer.document === null;
      return isRefused
        ? failed('client_certificate', 'proxy_refused_request', durationMs)
        : passed('client_certificate', durationMs);
    }
    case 'aborted':
      return notReached('client_certificate', 'total_timeout', durationMs);
    case 'no_answer':
      return notReached('client_certificate', answer.code, durationMs);
    case 'not_sent':
      return answer.code === 'client_certificate_refused'
        ? failed('client_certificate', answer.code, durationMs)
        : notReached('client_certificate', answer.code, durationMs);
  }
}

/**
 * A hub answers for an unknown transfer before it looks at credentials, so only one that it knows tells of them.
 * @param known the answer about such a transfer; `null` where there is none yet
 */
export function credentialsStep(known: Timed | null): ProbeStep {
  if (known === null) return notReached('node_credentials', 'no_transfer_known_to_hub');
  const { answer, durationMs } = known;
  const sign = hubSign('status', answer);
  if (sign.says === 'well') return passed('node_credentials', durationMs);
  if (sign.says === 'trouble') return failed('node_credentials', sign.code, durationMs);
  return notReached('node_credentials', codeOf(answer), durationMs);
}

/** @param registration the answer to a registration with nothing in it: 404 where the hub takes none, 400 where it does */
export function transfersStep({ answer, durationMs }: Timed): ProbeStep {
  const sign = hubSign('create', answer);
  if (sign.says === 'trouble') return failed('transfers_enabled', sign.code, durationMs);
  const isRefusedForItself = answer.kind === 'answered' && answer.status === 400 && answer.document !== null;
  return isRefusedForItself
    ? passed('transfers_enabled', durationMs)
    : notReached('transfers_enabled', codeOf(answer), durationMs);
}

function codeOf(answer: HubAnswer): string {
  if (answer.kind === 'answered') return answer.status === 404 ? 'transfer_unknown_to_hub' : 'unexpected_hub_answer';
  return answer.kind === 'aborted' ? 'total_timeout' : answer.code;
}
