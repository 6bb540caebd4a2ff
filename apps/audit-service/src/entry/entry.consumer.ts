import { errorFields, type Log, LOG } from '@hub-export/http-edge';
import { type Classify, JetStreamContext, OnJetStream, Unprocessable } from '@hub-export/jetstream';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { databaseTrouble } from '@hub-export/service-runtime';
import { entryOf } from './entry.js';
import { EntryService } from './entry.service.js';

/** All that was recorded. */
export const EVENT_SUBJECTS = 'hub-export.v1.>';
export const AUDIT_DURABLE = 'audit';

/** Takes every committed event from the bus into the record; acknowledged once it is safe there. */
@Controller()
export class EntryConsumer {
  constructor(
    @Inject(EntryService) private readonly entries: EntryService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  @OnJetStream(EVENT_SUBJECTS)
  async handle(@Payload() body: unknown, @Ctx() context: JetStreamContext): Promise<void> {
    const { sequence } = context;
    // Declared as bytes, the body would be taken for a document that the app's validation has to check.
    const entry = entryOf(body as Uint8Array, sequence);
    if ('fault' in entry) {
      await this.entries.noteUnreadable(sequence);
      this.log.error({ event: 'audit_entry_unreadable', position: sequence, code: entry.fault });
      throw new Unprocessable(entry.fault);
    }
    const { findings, more } = await this.entries.add(entry);
    for (const { global_seq, code } of findings)
      this.log.error({ event: 'audit_chain_broken', position: global_seq, code });
    if (more) await this.catchUp(context);
  }

  /** A gap has closed, and what waited behind it may be long; each batch asks for more time. */
  private async catchUp(context: JetStreamContext): Promise<void> {
    while (await this.entries.advance()) context.working();
  }
}

/**
 * What a failure means. The database's absence is no fault of a message: it is kept in hand until the database is back.
 * Anything else is our own bug, and is told as one; the message's text never is.
 */
export function classifyEntryFailure(log: Log): Classify {
  return (error) => {
    const trouble = databaseTrouble(error);
    if (trouble !== null) return { action: 'hold', code: trouble };
    log.error({ event: 'audit_ingest_failed', ...errorFields(error) });
    return { action: 'retry', code: 'handler_failed' };
  };
}
