import { type Step } from '../journal/record.js';
import { BODY_ACTIONS, CONNECTION_ACTIONS, FAULT_RULES_MAX, type FaultAction, type FaultRule } from './fault.js';

interface Standing {
  readonly rule: FaultRule;
  spared: number;
  left: number;
}

/** The faults that stand, oldest first. A request meets at most one of them: the first that matches it. */
export class FaultBook {
  private standing: Standing[] = [];

  /** Adds rules behind those that stand. Throws when there would be too many. */
  add(rules: readonly FaultRule[]): void {
    if (this.standing.length + rules.length > FAULT_RULES_MAX) throw new Error('There are too many rules.');
    for (const rule of rules) {
      const left = rule.times === 'forever' ? Infinity : (rule.times ?? 1);
      this.standing.push({ rule, spared: rule.after ?? 0, left });
    }
  }

  clear(): void {
    this.standing = [];
  }

  /** The rules that stand, with what is left of them. */
  list(): readonly FaultRule[] {
    return this.standing.map(({ rule, spared, left }) => ({
      ...rule,
      after: spared,
      times: left === Infinity ? 'forever' : left,
    }));
  }

  /** The fault of a new connection, if one is due. */
  forConnection(): FaultAction | undefined {
    return this.take((rule) => CONNECTION_ACTIONS.includes(rule.action.type));
  }

  /** The fault of a request whose head has arrived. A registration's key is not known by then, so `key` is null. */
  forRequest(step: Step, key: string | null): FaultAction | undefined {
    return this.take(
      (rule) => matchesStep(rule, step) && (rule.transfer_key === undefined || rule.transfer_key === key),
    );
  }

  /** The fault of a registration whose key has become known. */
  forKey(step: Step, key: string): FaultAction | undefined {
    return this.take(
      (rule) => matchesStep(rule, step) && rule.transfer_key === key && !BODY_ACTIONS.includes(rule.action.type),
    );
  }

  private take(matches: (rule: FaultRule) => boolean): FaultAction | undefined {
    for (const entry of this.standing) {
      if (!matches(entry.rule)) continue;
      if (entry.spared > 0) {
        entry.spared -= 1;
        continue;
      }
      entry.left -= 1;
      if (entry.left <= 0) this.standing = this.standing.filter((other) => other !== entry);
      return entry.rule.action;
    }
    return undefined;
  }
}

function matchesStep(rule: FaultRule, step: Step): boolean {
  if (CONNECTION_ACTIONS.includes(rule.action.type)) return false;
  return rule.step === undefined ? step !== 'other' : rule.step === step;
}
