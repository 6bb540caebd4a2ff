import { BaseRpcContext } from '@nestjs/microservices';
import type { IncomingMessage } from './incoming-message.js';

/** What a handler may know of the message besides its body, by `@Ctx()`. */
export class JetStreamContext extends BaseRpcContext<[IncomingMessage]> {
  get subject(): string {
    return this.args[0].subject;
  }

  /** The place in the stream; in HUB_EXPORT the event's global_seq. */
  get sequence(): number {
    return this.args[0].sequence;
  }

  get id(): string | null {
    return this.args[0].id;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.args[0].headers;
  }

  /** 1 at the first delivery. */
  get deliveries(): number {
    return this.args[0].deliveries;
  }

  /** Asks for another span of the acknowledgement's time. */
  working(): void {
    this.args[0].working();
  }
}
