import { CurrentPrincipal, type Principal, Roles, seesCenter } from '@hub-export/http-edge';
import { Controller, Inject, type MessageEvent, Sse } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Observable } from 'rxjs';
import { TransferLists } from '../overview/transfer-list.query.js';
import { LiveFeed } from './live-feed.service.js';
import type { LiveMessage } from './live-message.js';

/** Aborted when the service stops, so that open streams end. */
export const STOPPING = Symbol('AbortSignal of stopping');

/** So that proxies keep the stream open and the page knows it is alive, in milliseconds. */
const HEARTBEAT_MS = 15_000;

@ApiTags('live')
@Controller('v1/live')
export class LiveController {
  constructor(
    private readonly feed: LiveFeed,
    private readonly lists: TransferLists,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  @Sse()
  @Roles('hub_export:read')
  @ApiOperation({ summary: 'Server-sent events: changes of state, and progress of uploads.' })
  live(@CurrentPrincipal() principal: Principal): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      const isVisible = this.visibility(principal);
      const send = (message: LiveMessage) => {
        isVisible(message).then(
          (visible) => visible && subscriber.next({ type: message.kind, data: message }),
          (error: unknown) => subscriber.error(error),
        );
      };
      const end = () => subscriber.complete();
      const subscription = this.feed.subscribe(send);
      const heartbeat = setInterval(() => subscriber.next({ type: 'heartbeat', data: '' }), HEARTBEAT_MS);
      subscriber.next({ type: 'heartbeat', data: '' });
      this.stopping.addEventListener('abort', end);
      return () => {
        subscription.unsubscribe();
        clearInterval(heartbeat);
        this.stopping.removeEventListener('abort', end);
      };
    });
  }

  /** Whether a message is about a transfer of the caller's centers. Asked once a transfer, since its center never changes. */
  private visibility(principal: Principal): (message: LiveMessage) => Promise<boolean> {
    if (principal.centers === 'all') return () => Promise.resolve(true);
    const known = new Map<string, boolean>();
    return async (message) => {
      if (message.kind === 'progress') return seesCenter(principal, message.source_center_key);
      const { transfer_id } = message;
      if (known.get(transfer_id) !== true) {
        known.set(transfer_id, (await this.lists.one(transfer_id, principal.centers)) !== null);
      }
      return known.get(transfer_id) === true;
    };
  }
}
