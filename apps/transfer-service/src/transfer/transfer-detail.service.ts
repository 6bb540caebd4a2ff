import { type RecordedEvent, transferStream } from '@hub-export/contracts';
import { EVENT_STORE, type EventStore } from '@hub-export/event-store';
import { Problem } from '@hub-export/http-edge';
import { gatesOf, reachabilityOf, windowAt } from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../clock.js';
import { Nodes } from '../node/nodes.service.js';
import { TransferLists } from '../overview/transfer-list.query.js';
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

  /** @throws {Problem} 404 `unknown_transfer`, for a foreign center's transfer too. */
  async of(asked: string, centers: readonly string[] | 'all') {
    const row = await this.lists.one(asked, centers);
    if (row === null) throw new Problem(404, 'unknown_transfer', 'No such transfer is known.');
    // As it is written in the log, whatever the case it was asked in.
    const { transfer_id: transferId } = row;
    const [transfer, situation, circuit, history] = await Promise.all([
      this.situations.transfer(transferId),
      this.situations.of(row),
      this.circuits.of(row.target_node_key),
      this.events.readStream(transferStream(transferId)),
    ]);
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
