import type { Command } from 'commander';
import { fields, table } from '../text/table.js';
import { type ApiOptions, connect, print, withApiOptions } from './api-access.js';

interface ParkedList {
  readonly items: readonly {
    readonly parked_sequence: number;
    readonly parked_at: string;
    readonly subject: string;
    readonly reason: string;
    readonly deliveries: number;
  }[];
}

interface DrivenAnswer {
  readonly handled: number;
  readonly parked_again: number;
}

const LIMIT = '50';

export function addParked(program: Command): void {
  const parked = program
    .command('parked')
    .description('Site messages that were put aside, since they could not be handled.');
  const add = (name: string, description: string) =>
    withApiOptions(parked.command(name).description(description)).option('--limit <n>', 'the oldest, so many', LIMIT);
  add('list', 'What they are, and why.').action(async (options: ApiOptions & { readonly limit: string }) => {
    const marking = await connect('marking', options);
    print(await marking.get<ParkedList>(`/v1/parked?limit=${encodeURIComponent(options.limit)}`), options, listLines);
  });
  add('retry', 'Handles them again; 1 if one of them fails again.').action(
    async (options: ApiOptions & { readonly limit: string }) => {
      const marking = await connect('marking', options);
      const answer = await marking.post<DrivenAnswer>('/v1/parked/retry', { limit: Number(options.limit) });
      print(answer, options, ({ handled, parked_again }) =>
        fields([
          ['handled', String(handled)],
          ['parked again', String(parked_again)],
        ]),
      );
      if (answer.parked_again > 0) process.exitCode = 1;
    },
  );
}

function listLines({ items }: ParkedList): readonly string[] {
  if (items.length === 0) return ['Nothing is parked.'];
  const rows = items.map(({ parked_at, subject, reason, deliveries }) => [
    parked_at,
    subject,
    reason,
    String(deliveries),
  ]);
  return table(['parked at', 'subject', 'reason', 'deliveries'], rows);
}
