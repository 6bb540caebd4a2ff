import { type RecordedEvent, type TransferEvent, transferStream } from '@hub-export/contracts';
import { fold } from '@hub-export/event-sourcing';
import { EVENT_STORE, type EventStore, toDomainEvent } from '@hub-export/event-store';
import { Problem } from '@hub-export/http-edge';
import { gatesOf, reachabilityOf, transferDecider, windowAt } from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../clock.js';
import { Nodes } from '../node/nodes.service.js';
import { TransferLists } from '../overview/transfer-list.query.js';
import { rowOf } from '../overview/transfer-row.js';
import { HubCircuits } from '../sending/hub-circuits.service.js';
import { HubPeers } from '../sending/hub-peers.service.js';
import { TIME_ZONE } from './time-zone.js';
import { Situations } from './situation.service.js';

/** One transfer with everything a person asks about it: how it stands, why it does not go on, and what happened. */
@Injectable()
export class TransferDetails {
  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIME_ZONE) private readonly timeZone: string,
    private readonly lists: TransferLists,
    private readonly situations: Situations,
    private readonly circuits: HubCircuits,
    private readonly peers: HubPeers,
    private readonly nodes: Nodes,
  ) {}

  /**
   * State, gates and history are told from one reading of its events, so that they never disagree.
   * @throws {Problem} 404 `unknown_transfer`, for a foreign center's transfer too.
   */
  async of(asked: string, centers: readonly string[] | 'all') {
    const listed = await this.lists.one(asked, centers);
    if (listed === null) throw new Problem(404, 'unknown_transfer', 'No such transfer is known.');
    const [history, situation, circuit] = await Promise.all([
      // As it is written in the log, whatever the case it was asked in.
      this.events.readStream(transferStream(listed.transfer_id)),
      this.situations.of(listed),
      this.circuits.of(listed.target_node_key),
    ]);
    const row = rowOf(history) ?? listed;
    const transfer = fold(transferDecider, history.map(toDomainEvent<TransferEvent>));
    const { resource, eligibility, readiness, egress } = situation;
    const hubReachable = reachabilityOf(circuit) ?? this.peers.reachability(row.target_node_key);
    const window = await this.window(row.target_node_key);
    return {
      ...row,
      content_changed:
        resource.status === 'present' &&
        row.media_sha256 !== null &&
        resource.facts.processed_media.sha256 !== row.media_sha256,
      gates: gatesOf({ resource, eligibility, transfer, readiness, hubReachable, egress, window }),
      history: history.map(told),
    };
  }

  private async window(nodeKey: string) {
    const hub = (await this.nodes.all()).find(({ facts }) => facts.node_key === nodeKey);
    const document = hub && (await this.nodes.documentOf(hub.facts));
    if (document?.role !== 'central_hub') return { open: true, opensAt: null };
    return windowAt({ windows: document.limits.windows, timeZone: this.timeZone }, this.clock.now().toISOString());
  }
}

/** Events hold keys, digests, states and codes only, so they can be shown as they are. */
function told({ globalSeq, version, id, type, data, recordedAt }: RecordedEvent) {
  return { position: globalSeq, version, id, type, recorded_at: recordedAt, ...data };
}
