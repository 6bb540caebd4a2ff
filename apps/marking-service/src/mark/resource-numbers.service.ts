import type { ResourceKind } from '@hub-export/contracts';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Order } from '../edge/order.js';
import type { ViewPosition } from '@hub-export/service-runtime';

/** A resource by its content, or by the number that the site's page knows it by. */
export interface Reference {
  readonly resource_kind: ResourceKind;
  readonly resource_hash?: string;
  readonly id?: number;
}

/** Finds resources by number. */
export class ResourceNumbers {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly views: ViewPosition,
  ) {}

  /**
   * The hash of each, null where the number is not known to this caller. One query for all; where one is missing, the
   * view may only be late, so it catches up once and is asked again.
   */
  async hashesOf(references: readonly Reference[], centers: Order['centers']): Promise<readonly (string | null)[]> {
    const numbered = references.filter(({ resource_hash }) => resource_hash === undefined);
    if (numbered.length === 0) return references.map(({ resource_hash = null }) => resource_hash);
    let found = await this.find(numbered, centers);
    if (numbered.some((reference) => !found.has(nameOf(reference)))) {
      await this.views.catchUp();
      found = await this.find(numbered, centers);
    }
    return references.map((reference) => reference.resource_hash ?? found.get(nameOf(reference)) ?? null);
  }

  private async find(numbered: readonly Reference[], centers: Order['centers']): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.rows<{ resource_kind: ResourceKind; id: number; resource_hash: string }>(
      // A number that was given to another resource later means the later one.
      `SELECT DISTINCT ON (r.resource_kind, r.number) r.resource_kind, r.number::float8 AS id, r.resource_hash
       FROM marking.resources r
       JOIN jsonb_to_recordset($1::jsonb) AS n(resource_kind text, id bigint)
         ON r.number = n.id AND r.resource_kind = n.resource_kind
       WHERE $2::text[] IS NULL OR r.center_key = ANY ($2)
       ORDER BY r.resource_kind, r.number, r.present DESC, r.position DESC`,
      [
        JSON.stringify(numbered.map(({ resource_kind, id }) => ({ resource_kind, id }))),
        centers === 'all' ? null : centers,
      ],
    );
    return new Map(rows.map((row) => [nameOf(row), row.resource_hash]));
  }
}

function nameOf({ resource_kind, id }: { readonly resource_kind: string; readonly id?: number }): string {
  return `${resource_kind}:${id}`;
}
