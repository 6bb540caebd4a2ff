import type { JsonObject } from '@hub-export/contracts';
import type { Principal } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { AuditedEvent } from '../record/audited-event.js';
import type { CountedPage, RecordService } from '../record/record.service.js';
import type { ChangeListQuery } from './changes.dto.js';
import { nodeChange, type NodeChange } from './node-change.js';

/** Answers what was changed in the configuration, with what it was before. */
export class ChangesService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly record: RecordService,
  ) {}

  /** In the order of the log. Nodes have no center: those alone who see all centers see any. @throws {Problem} as `RecordService.events`. */
  async list(query: ChangeListQuery, caller: Pick<Principal, 'centers'>): Promise<CountedPage<NodeChange>> {
    const page = await this.record.events({ ...query, type: NODE_RECORDED }, caller);
    const earlier = await this.earlier(page.items);
    return { ...page, items: page.items.map((event) => nodeChange(event, earlier.get(event.global_seq) ?? null)) };
  }

  /** What was recorded of the same node the time before, by the place of each event. */
  private async earlier(events: readonly AuditedEvent[]): Promise<ReadonlyMap<number, JsonObject>> {
    if (events.length === 0) return new Map();
    const rows = await this.database.rows<{ place: number; data_text: string }>(EARLIER, [
      events.map(({ global_seq }) => global_seq),
      events.map(({ target_node_key }) => target_node_key),
      NODE_RECORDED,
    ]);
    return new Map(rows.map(({ place, data_text }) => [place, JSON.parse(data_text) as JsonObject]));
  }
}

const NODE_RECORDED = 'NodeRecorded';

/** Along the index of types, backwards: nodes are recorded seldom, while a hub's own events are nearly all there are. */
const EARLIER = `
SELECT asked.place::float8 AS place, e.data_text
FROM unnest($1::bigint[], $2::text[]) AS asked(place, node_key)
CROSS JOIN LATERAL (
  SELECT a.global_seq FROM audit.actions a
  WHERE a.type BETWEEN $3 AND $3 AND a.target_node_key = asked.node_key AND a.folded AND a.global_seq < asked.place
  ORDER BY a.type DESC, a.global_seq DESC LIMIT 1) before
JOIN audit.entries e ON e.global_seq = before.global_seq`;
