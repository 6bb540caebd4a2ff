/** A part that can say whether it works. */
export interface HealthCheck {
  /** Unique within the service, such as `postgresql`. */
  readonly name: string;
  /** Resolves where the part works; throws where it does not. A `code` of the error in snake or upper case is shown. */
  check(): Promise<unknown>;
}

/** What is known of one part. */
export interface CheckResult {
  readonly name: string;
  readonly status: 'up' | 'down';
  readonly code?: string;
  /** Since when it has this status, as far as anybody asked. */
  readonly since: string;
}

/** A check that takes longer counts as down. */
export const CHECK_TIMEOUT_MS = 2_000;

/** Where parts register how they are; `GET /health/ready` asks them all. */
export class HealthChecks {
  private readonly checks = new Map<string, RegisteredCheck>();

  constructor(private readonly timeoutMs: number = CHECK_TIMEOUT_MS) {}

  /** @throws Error when the name is taken: two parts under one name would hide each other. */
  register(check: HealthCheck): void {
    if (this.checks.has(check.name)) throw new Error(`The health check ${check.name} is registered already.`);
    this.checks.set(check.name, new RegisteredCheck(check, this.timeoutMs));
  }

  /** All checks at once, in the order they were registered. Never throws. */
  run(): Promise<readonly CheckResult[]> {
    return Promise.all([...this.checks.values()].map((check) => check.run()));
  }
}

class RegisteredCheck {
  private running: Promise<string | undefined> | undefined;
  private last: CheckResult | undefined;

  constructor(
    private readonly part: HealthCheck,
    private readonly timeoutMs: number,
  ) {}

  async run(): Promise<CheckResult> {
    const code = await this.codeInTime();
    const status = code === undefined ? 'up' : 'down';
    const since = this.last?.status === status ? this.last.since : new Date().toISOString();
    this.last = { name: this.part.name, status, ...(code === undefined ? {} : { code }), since };
    return this.last;
  }

  /** Undefined where the part works, else a code. One that hangs is not asked again until it answers. */
  private async codeInTime(): Promise<string | undefined> {
    this.running ??= this.ask().finally(() => {
      this.running = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('timeout'), this.timeoutMs);
    });
    return Promise.race([this.running, late]).finally(() => clearTimeout(timer));
  }

  private async ask(): Promise<string | undefined> {
    try {
      await this.part.check();
      return undefined;
    } catch (error) {
      return codeOf(error);
    }
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(code) ? code : 'check_failed';
}
