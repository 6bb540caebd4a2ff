import type { Http } from '../connection/http.api.js';
import { ApiProblem } from '../connection/problem.js';
import { type Act, type ActResult, type ActResults, inPortions } from './acts.js';
import type { ResourceItem } from './resource.js';

interface Answer {
  readonly results: readonly {
    readonly outcome: string;
    readonly code?: string;
    readonly detail?: string;
  }[];
  readonly position: number;
}

/**
 * Does it to each resource alone, in portions one after the other. A portion that is refused as a whole counts for each
 * of its resources, so that what was done before it is told all the same.
 */
export async function doToAll(
  http: Http,
  act: Act,
  items: readonly ResourceItem[],
  target: string | null,
): Promise<ActResults> {
  const results: ActResult[] = [];
  let position = 0;
  for (const portion of inPortions(items)) {
    try {
      const answer = await send(http, act, portion, target);
      position = Math.max(position, answer.position);
      results.push(...portion.map((item, place) => resultOf(item, answer.results[place])));
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      const { code, detail } = problem;
      results.push(...portion.map((item) => ({ item, outcome: 'refused' as const, code, detail })));
    }
  }
  return { act, results, position };
}

function send(http: Http, act: Act, items: readonly ResourceItem[], target: string | null): Promise<Answer> {
  if (act === 'mark' || act === 'unmark') {
    const resources = items.map(({ resource_kind, resource_hash }) => ({ resource_kind, resource_hash }));
    const target_node_key = target ?? items[0]?.transfer?.target_node_key;
    return http.write<Answer>(`${act}s`, {
      ...(target_node_key === undefined ? {} : { target_node_key }),
      resources,
    });
  }
  const transfer_ids = items.flatMap(({ transfer }) => (transfer === null ? [] : [transfer.transfer_id]));
  return http.write<Answer>(`transfers/${act}`, { transfer_ids });
}

function resultOf(item: ResourceItem, answer: Answer['results'][number] | undefined): ActResult {
  if (answer === undefined) return { item, outcome: 'refused', code: 'no_answer', detail: null };
  const { outcome, code = null, detail = null } = answer;
  const kind = outcome === 'refused' || outcome === 'unchanged' ? outcome : 'done';
  return { item, outcome: kind, code, detail };
}
