import type { LoggerService } from '@nestjs/common';
import { errorFields } from './error-fields.js';
import type { Log } from './log.service.js';

/**
 * Nest's own messages on our log. Their texts are left out, since a provider's error may quote a connection string: an
 * entry holds the part of the framework that spoke and, of an error, its name, code and frames.
 */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  /** Nest tells every module and route at start; that is for looking inside. */
  log(_message: unknown, ...more: unknown[]): void {
    this.target.debug({ event: 'nest', context: contextOf(more) });
  }

  warn(_message: unknown, ...more: unknown[]): void {
    this.target.warn({ event: 'nest', context: contextOf(more) });
  }

  error(message: unknown, ...more: unknown[]): void {
    const error = [message, ...more].find((one) => one instanceof Error);
    this.target.error({ event: 'nest', context: contextOf(more), ...(error && errorFields(error)) });
  }
}

/** Nest puts the speaker's name last. */
function contextOf(more: readonly unknown[]): string | undefined {
  const last = more.at(-1);
  return typeof last === 'string' && /^\w{1,64}$/.test(last) ? last : undefined;
}
