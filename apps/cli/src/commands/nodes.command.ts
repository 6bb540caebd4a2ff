import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { NodeItem, Page, ProbeAnswer } from '../api/answers.js';
import { fields, table } from '../text/table.js';
import { type ApiOptions, connect, print, withApiOptions } from './api-access.js';

export function addNodes(program: Command): void {
  const nodes = program.command('nodes').description('The site node and its hubs.');
  withApiOptions(nodes.command('list').description('All nodes as they are configured.')).action(list);
  withApiOptions(nodes.command('put').description('Records a node; secrets are only named in the document.'))
    .argument('<node_key>')
    .argument('<file>', 'the document, JSON')
    .action(put);
  withApiOptions(nodes.command('probe').description('Tests the connection to a hub.'))
    .argument('<node_key>')
    .action(probe);
}

async function list(options: ApiOptions): Promise<void> {
  const nodes = await (await connect('transfer', options)).get<Page<NodeItem>>('/v1/nodes');
  print(nodes, options, ({ items }) =>
    table(
      ['node_key', 'role', 'active', 'base_url', 'profile', 'faults', 'certificate ends'],
      items.map((node) => [
        node.node_key,
        node.role,
        node.is_active,
        node.base_url,
        node.profile,
        node.material_faults.join(', '),
        node.certificate_ends_at,
      ]),
    ),
  );
}

async function put(nodeKey: string, file: string, options: ApiOptions): Promise<void> {
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const transfer = await connect('transfer', options);
  const answer = await transfer.put<{ node_key: string; position: number }>(pathOf(nodeKey), document);
  print(answer, options, ({ node_key, position }) => [`${node_key} is recorded, at position ${position}.`]);
}

async function probe(nodeKey: string, options: ApiOptions): Promise<void> {
  const answer = await (await connect('transfer', options)).post<ProbeAnswer>(`${pathOf(nodeKey)}/probe`);
  print(answer, options, ({ reachable, code, http_status, duration_ms, steps, ...days }) => [
    ...fields([
      ['reachable', reachable],
      ['code', code],
      ['http status', http_status],
      ['duration', `${duration_ms} ms`],
      ['certificate of the hub', daysLeft(days.hub_certificate_days_left)],
      ['our certificate', daysLeft(days.client_certificate_days_left)],
    ]),
    ...table(
      ['step', 'outcome', 'code', 'ms'],
      steps.map((one) => [one.step, one.outcome, one.code, one.duration_ms]),
    ),
  ]);
  if (!answer.reachable) process.exitCode = 1;
}

function daysLeft(days: number | null): string | null {
  return days === null ? null : `${days} days left`;
}

function pathOf(nodeKey: string): string {
  return `/v1/nodes/${encodeURIComponent(nodeKey)}`;
}
