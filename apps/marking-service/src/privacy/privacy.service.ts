import type { Principal } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Reference, ResourceNumbers } from '../mark/resource-numbers.service.js';
import { activeSiteNode, chosenHub, termsOf } from '../network/network.js';
import type { NetworkService } from '../network/network.service.js';
import { type PrivacyCounts, type PrivacySummary, verdictOf } from './k-anonymity.js';
import { privacyStatement } from './privacy-statement.js';

/** Sums up, from bands alone, how well cases hide among each other. It informs and blocks nothing. */
export class PrivacyService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly network: NetworkService,
    private readonly numbers: ResourceNumbers,
    private readonly minK: number,
  ) {}

  /**
   * Over all resources of the caller's centers that are eligible or marked for the hub, or over those of a selection.
   * @param selection null for all; what the caller does not see, or nobody knows, is passed over
   */
  async summary(
    targetNodeKey: string | null,
    selection: readonly Reference[] | null,
    { centers }: Pick<Principal, 'centers'>,
  ): Promise<PrivacySummary> {
    const nodes = await this.network.viewed();
    const hub = chosenHub({ nodes }, targetNodeKey);
    const { sql, values } = privacyStatement({
      target: targetNodeKey ?? hub?.node_key ?? null,
      terms: termsOf(activeSiteNode({ nodes }), hub),
      centers,
      minK: this.minK,
      selection: selection === null ? null : await this.named(selection, centers),
    });
    const [counts] = await this.database.rows<PrivacyCounts>(sql, values);
    if (counts === undefined) throw new Error('Counts are one row.');
    return verdictOf(counts, this.minK);
  }

  private async named(selection: readonly Reference[], centers: readonly string[] | 'all') {
    const hashes = await this.numbers.hashesOf(selection, centers);
    return selection.flatMap(({ resource_kind }, place) => {
      const resource_hash = hashes[place] ?? null;
      return resource_hash === null ? [] : [{ resource_kind, resource_hash }];
    });
  }
}
