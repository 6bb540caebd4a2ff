import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { type ConsumerStats, DurableConsumer, type DurableConsumerOptions } from './durable-consumer.worker.js';
import { Unprocessable } from './failure.js';
import type { IncomingMessage } from './incoming-message.js';
import { JetStreamContext } from './jetstream.context.js';
import { JETSTREAM } from './on-jetstream.decorator.js';
import type { ParkedMessage } from './parked.client.js';
import { subjectMatches } from './subject.js';

export interface JetStreamServerOptions extends DurableConsumerOptions {
  /**
   * What handlers get: the body read as JSON (what is none is parked as `not_json`), or its bytes. Default `json`.
   * Bytes come as a Buffer, and the parameter has to say `Buffer`: Nest's ValidationPipe takes any other array apart.
   */
  readonly body?: 'json' | 'bytes';
  /** What happens to a message no handler asked for: passed over, or parked as `no_handler`. Default `pass`. */
  readonly unmatched?: 'pass' | 'park';
}

/**
 * Nest's transport over one durable: `@OnJetStream` methods get its messages, acknowledged after they resolved. An app
 * has one for each durable; their filters must not overlap, since a handler is found by subject alone.
 */
export class JetStreamServer extends Server implements CustomTransportStrategy {
  override readonly transportId = JETSTREAM;
  /** Failures are ours to answer, so Nest need not log them a second time. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly consumer: DurableConsumer;

  constructor(private readonly options: JetStreamServerOptions) {
    super();
    this.consumer = new DurableConsumer(options, (message) => this.dispatch(message));
  }

  /** Starts to pull. The bus need not be there yet. */
  listen(callback: (...answer: unknown[]) => unknown): void {
    this.consumer.start();
    callback();
  }

  /** Stops as DurableConsumer.stop does; the connection is its owner's to close. */
  async close(): Promise<void> {
    await this.consumer.stop();
  }

  stats(): ConsumerStats {
    return this.consumer.stats();
  }

  listParked(limit: number): Promise<readonly ParkedMessage[]> {
    return this.consumer.listParked(limit);
  }

  /** As DurableConsumer.driveParked. */
  driveParked(choice: { readonly limit: number }): Promise<{ handled: number; parkedAgain: number }> {
    return this.consumer.driveParked(choice);
  }

  /** This transport tells its state by `stats`; it has no events. */
  on(): void {
    throw new Error('The JetStream transport has no events.');
  }

  unwrap<T>(): T {
    return this.consumer as T;
  }

  private async dispatch(message: IncomingMessage): Promise<void> {
    const handlers = this.handlersOf(message.subject);
    if (handlers.length === 0 && this.options.unmatched === 'park') throw new Unprocessable('no_handler');
    if (handlers.length === 0) return;
    const data = this.options.body === 'bytes' ? bufferOf(message.body) : fromJson(message.body);
    const context = new JetStreamContext([message]);
    for (const handler of handlers) await this.call(handler, data, context);
  }

  private handlersOf(subject: string): readonly MessageHandler[] {
    return [...this.messageHandlers]
      .filter(([filter]) => subjectMatches(filter, subject))
      .map(([, handler]) => handler);
  }

  /** A handler between Nest's hooks for traces and shutdown; resolves when all it returned has come to its end. */
  private call(handler: MessageHandler, data: unknown, context: JetStreamContext): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onProcessingStartHook(JETSTREAM, context, async () => {
        try {
          const answer = this.transformToObservable(await handler(data, context));
          await lastValueFrom(answer, { defaultValue: undefined });
          resolve();
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it came
          reject(error);
        } finally {
          this.onProcessingEndHook?.(JETSTREAM, context);
        }
      });
    });
  }
}

/** The same memory, under the name Nest knows. */
function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function fromJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    throw new Unprocessable('not_json');
  }
}
