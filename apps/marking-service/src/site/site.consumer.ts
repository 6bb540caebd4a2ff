import { randomUUID } from 'node:crypto';
import {
  type Actor,
  ContractFault,
  parseSiteMessage,
  type SiteMark,
  type SiteMessage,
  systemActor,
} from '@hub-export/contracts';
import { unreachable } from '@hub-export/event-sourcing';
import { type Log, LOG, withCorrelationId } from '@hub-export/http-edge';
import { type Failure, JetStreamContext, OnJetStream, Unprocessable } from '@hub-export/jetstream';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { databaseTrouble, isDocumentTooLarge } from '@hub-export/service-runtime';
import { isRefusal } from '@hub-export/event-sourcing';
import type { Order } from '../edge/order.js';
import type { MarkAction } from '../mark/mark.js';
import { markKey, MarkService } from '../mark/mark.service.js';
import { ResourceService } from '../resource/resource.service.js';

/** All that site nodes say. */
export const SITE_SUBJECTS = 'site.>';
export const SITE_DURABLE = 'marking-site';

/** What lx-annotate says by the bus: by the same rules as over HTTP. */
@Controller()
export class SiteConsumer {
  constructor(
    private readonly resources: ResourceService,
    private readonly marks: MarkService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** A refusal is an answer too: it is recorded, and the message is done. */
  @OnJetStream(SITE_SUBJECTS)
  async handle(@Payload() body: unknown, @Ctx() context: JetStreamContext): Promise<void> {
    const message = read(context.subject, body);
    const correlationId = randomUUID();
    await withCorrelationId(correlationId, async () => {
      try {
        await this.dispatch(message, { correlationId, causationId: printable(context.id) });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // Nothing is wrong with the message, but nobody may say this now: it is kept aside.
        if (error.code === 'no_active_site_node') throw new Unprocessable(error.code);
        this.log.info({ event: 'site_message_refused', code: error.code, command: message.action });
      }
    });
  }

  private async dispatch(message: SiteMessage, cause: Pick<Order, 'correlationId' | 'causationId'>): Promise<void> {
    const order: Order = { ...cause, by: systemActor('site_node'), centers: 'all' };
    await this.resources.requireSpeaker(message.node_key);
    switch (message.action) {
      case 'resource.changed': {
        const { node_key, resource_kind, resource_hash, ...snapshot } = message.body;
        await this.resources.report({ resource_kind, resource_hash }, snapshot, order, node_key);
        return;
      }
      case 'resource.deleted': {
        const { resource_kind, resource_hash, source_version } = message.body;
        await this.resources.withdraw({ resource_kind, resource_hash }, source_version, order);
        return;
      }
      case 'mark':
      case 'unmark':
        await this.mark(message.action, message.node_key, message.body, { ...order, by: actorOf(message.body) });
        return;
      default:
        unreachable(message);
    }
  }

  private async mark(action: MarkAction, nodeKey: string, body: SiteMark, order: Order): Promise<void> {
    const scope = { route: `site ${action}`, subject: nodeKey, key: body.command_id };
    await this.marks.handle({
      ...order,
      action,
      target: body.target_node_key ?? null,
      references: [body.resource],
      keyOf: (place) => markKey(scope, place),
    });
  }
}

/** What an error of the handler means for its message. */
export function classifySiteFailure(error: unknown): Failure {
  if (isDocumentTooLarge(error)) return { action: 'park', code: 'snapshot_too_large' };
  const trouble = databaseTrouble(error);
  return trouble === null ? { action: 'retry', code: 'handler_failed' } : { action: 'hold', code: trouble };
}

function read(subject: string, body: unknown): SiteMessage {
  try {
    return parseSiteMessage(subject, body);
  } catch (error) {
    if (error instanceof ContractFault) throw new Unprocessable(error.code);
    throw error;
  }
}

/** The actor as plain fields: a class instance has no place in an event. */
function actorOf({ actor }: SiteMark): Actor {
  return actor.kind === 'system'
    ? systemActor(actor.reason ?? 'site_node')
    : { kind: 'user', subject: actor.subject ?? '', name: actor.name ?? null };
}

/** The publisher's message id, where it can stand in a line of the log. */
function printable(id: string | null): string | null {
  return id !== null && /^[!-~]{1,200}$/.test(id) ? id : null;
}
