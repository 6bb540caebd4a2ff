import { CurrentPrincipal, type Principal, Roles, seesCenter } from '@hub-export/http-edge';
import { Controller, Inject, type MessageEvent, Sse } from '@nestjs/common';
import { ViewPosition } from '@hub-export/service-runtime';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Observable } from 'rxjs';
import { TransferLists } from '../overview/transfer-list.query.js';
import { LiveFeed } from './live-feed.service.js';
import type { LiveMessage } from './live-message.js';

/** Aborted when the service stops, so that open streams end. */
export const STOPPING = Symbol('AbortSignal of stopping');

/** So that proxies keep the stream open and the page knows it is alive, in milliseconds. */
const HEARTBEAT_MS = 15_000;

/** After so long a stream ends and the page asks again, so that whoever may no longer listen is shut out; milliseconds. */
export const STREAM_MS_MAX = 10 * 60 * 1_000;

/** Transfers that one stream remembers as visible. */
const REMEMBERED_MAX = 10_000;

@ApiTags('live')
@Controller('v1/live')
export class LiveController {
  constructor(
    private readonly feed: LiveFeed,
    private readonly lists: TransferLists,
    private readonly view: ViewPosition,
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
      const limit = setTimeout(end, STREAM_MS_MAX);
      subscriber.next({ type: 'heartbeat', data: '' });
      this.stopping.addEventListener('abort', end);
      return () => {
        subscription.unsubscribe();
        clearInterval(heartbeat);
        clearTimeout(limit);
        this.stopping.removeEventListener('abort', end);
      };
    });
  }

  /** Whether a message is about a transfer of the caller's centers. Kept once it is, since its center never changes. */
  private visibility(principal: Principal): (message: LiveMessage) => Promise<boolean> {
    if (principal.centers === 'all') return () => Promise.resolve(true);
    const visible = new Set<string>();
    return async (message) => {
      if (message.kind === 'progress') return seesCenter(principal, message.source_center_key);
      const { transfer_id, position } = message;
      if (visible.has(transfer_id)) return true;
      // The view may be a moment behind the log, and a transfer that was just marked is not in it yet.
      await this.view.reached(position);
      if ((await this.lists.one(transfer_id, principal.centers)) === null) return false;
      if (visible.size >= REMEMBERED_MAX) visible.clear();
      visible.add(transfer_id);
      return true;
    };
  }
}
