import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OrderResults, Page, TransferItem } from '../api/answers.js';
import { table } from '../text/table.js';
import { type ApiOptions, connect, print, withApiOptions } from './api-access.js';

/** With 200 transfers a page; a longer list is for the page or the API. */
const PAGES_MAX = 50;

const ACTS = {
  queue: 'Queues marked or failed transfers for delivery.',
  retry: 'Queues failed transfers again, with a fresh count of automatic attempts.',
  hold: 'Keeps waiting transfers from being sent.',
  release: 'Lets held transfers be sent.',
} as const;

const STATES = ['not_marked', 'marked', 'queued', 'registering', 'awaiting_media', 'uploading', 'completed', 'failed'];

interface OrderOptions extends ApiOptions {
  readonly priority?: number;
}

export function addTransfers(program: Command): void {
  const transfers = program.command('transfers').description('Transfers to the hub.');
  withApiOptions(transfers.command('list').description('Transfers, the newest change first.'))
    .addOption(new Option('--status <status>', 'only those in this state').choices(STATES))
    .action(list);
  withApiOptions(
    transfers
      .command('cleanup')
      .description('Completed transfers whose local media the site may clean up. It is a list; nothing is removed.'),
  ).action(listCleanup);
  for (const [act, description] of Object.entries(ACTS)) {
    const command = withApiOptions(transfers.command(act).description(description)).argument('<transfer_ids...>');
    if (act === 'queue' || act === 'retry') {
      command.option('--priority <0-9>', 'the higher, the sooner among those that wait for the same hub', priority);
    }
    command.action((ids: readonly string[], options: OrderOptions) => give(act, ids, options));
  }
}

function priority(text: string): number {
  if (!/^[0-9]$/.test(text)) throw new InvalidArgumentError('A priority is a digit from 0 to 9.');
  return Number(text);
}

async function list(options: ApiOptions & { readonly status?: string }): Promise<void> {
  print(await allTransfers(options), options, (items) =>
    table(
      ['transfer_id', 'kind', 'target', 'status', 'since', 'priority', 'attempts', 'held', 'failure'],
      items.map((item) => [
        item.transfer_id,
        item.resource_kind,
        item.target_node_key,
        item.status,
        item.since,
        item.priority,
        item.attempts,
        item.held.join(', '),
        item.status === 'failed' ? `${item.failure_class} ${item.failure_code}` : null,
      ]),
    ),
  );
}

/** What the site may remove by itself: media that its hub has verifiably applied, where the mark allowed it. */
async function listCleanup(options: ApiOptions): Promise<void> {
  print(await allTransfers({ ...options, cleanup: 'eligible' }), options, (items) =>
    table(
      ['transfer_id', 'kind', 'resource_hash', 'media_sha256', 'bytes', 'target', 'completed'],
      items.map((item) => [
        item.transfer_id,
        item.resource_kind,
        item.resource_hash,
        item.media_sha256,
        item.media_size,
        item.target_node_key,
        item.completed_at,
      ]),
    ),
  );
}

async function allTransfers(
  options: ApiOptions & { readonly status?: string; readonly cleanup?: string },
): Promise<readonly TransferItem[]> {
  const transfer = await connect('transfer', options);
  const items: TransferItem[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = new URLSearchParams({
      limit: '200',
      ...(options.status === undefined ? {} : { status: options.status }),
      ...(options.cleanup === undefined ? {} : { cleanup: options.cleanup }),
      ...(cursor === null ? {} : { cursor }),
    });
    const answer: Page<TransferItem> = await transfer.get(`/v1/transfers?${query.toString()}`);
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) return items;
  }
  console.error(`Only the first ${items.length} are shown.`);
  return items;
}

async function give(act: string, ids: readonly string[], options: OrderOptions): Promise<void> {
  const transfer = await connect('transfer', options);
  const answer = await transfer.post<OrderResults>(`/v1/transfers/${act}`, {
    transfer_ids: ids,
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  });
  print(answer, options, ({ results }) =>
    table(
      ['transfer_id', 'outcome', 'code', 'detail'],
      results.map(({ transfer_id, outcome, code, detail }) => [transfer_id, outcome, code, detail]),
    ),
  );
  if (answer.results.some(({ outcome }) => outcome === 'refused')) process.exitCode = 1;
}
