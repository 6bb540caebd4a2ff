import type { NodeFacts } from '@hub-export/contracts';
import { activeHubs } from '@hub-export/transfer-life';
import { activeSiteNode, chosenHub, termsOf } from '../network/network.js';
import type { ViewedResource } from '../resource/resource-item.js';
import { type PrivacyCase, privacySummary } from '../privacy/k-anonymity.js';
import type { HubNode, OverviewDocument } from './overview-document.js';
import { inPageOrder, type OverviewLine, overviewLine } from './overview-line.js';
import { syncSummary } from './sync-summary.js';

/** The whole overview from what the view holds: lx-annotate's page recomputes none of it. */
export function overview(
  rows: readonly ViewedResource[],
  nodes: readonly NodeFacts[],
  asked: {
    readonly target: string | null;
    readonly centers: readonly string[] | 'all';
    readonly minK: number;
    readonly showsFileNames: boolean;
  },
): OverviewDocument {
  const siteNode = activeSiteNode({ nodes });
  const hub = chosenHub({ nodes }, asked.target);
  const terms = termsOf(siteNode, hub);
  const lines = rows.map((row) => overviewLine(row, terms, asked.showsFileNames));
  const error = configError(siteNode, hub, nodes);
  return {
    selected_target_node_key: hub?.node_key ?? null,
    source_node_key: siteNode?.node_key ?? null,
    hub_nodes: activeHubs(nodes).map(hubNode),
    config_ready: error === '',
    config_error: error,
    privacy_summary: privacySummary(
      rows.map((row, place) => privacyCase(row, lines[place])),
      asked.minK,
    ),
    sync_summary: syncSummary(lines, nodes, asked.centers),
    items: inPageOrder(lines).map(({ item }) => item),
  };
}

/** The page's own texts. */
export function configError(siteNode: NodeFacts | null, hub: NodeFacts | null, nodes: readonly NodeFacts[]): string {
  if (hub === null) {
    return activeHubs(nodes).length > 1
      ? 'Normal sender mode requires exactly one active central hub node.'
      : 'No active central hub node is configured.';
  }
  return siteNode === null ? 'No active site node is configured for outbound hub export.' : '';
}

function hubNode({ node_key, display_name, base_url, owning_center_key }: NodeFacts): HubNode {
  return { node_key, display_name, base_url: base_url ?? '', owning_center_key };
}

function privacyCase(row: ViewedResource, line: OverviewLine | undefined): PrivacyCase {
  const { resource_kind, resource_hash, center_key, exam_year, age_band, gender, state } = row;
  return {
    resource_kind,
    resource_hash,
    examination_hash: state.facts.examination_hash,
    center_key,
    exam_year,
    age_band,
    gender,
    eligible: line?.item.eligible ?? false,
    marked: row.transfer !== null,
  };
}
