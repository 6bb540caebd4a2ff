import type { Actor } from '@hub-export/contracts';
import type { Command } from 'commander';
import type { ApiClient } from '../api/api.client.js';
import { actorLine } from '../api/audit-lines.js';
import { fields } from '../text/table.js';
import { type ApiOptions, connect, print, withApiOptions } from './api-access.js';

interface EgressAnswer {
  readonly open: boolean;
  readonly since: string | null;
  readonly by: Actor | null;
}

export function addEgress(program: Command): void {
  const egress = program.command('egress').description('The switch that keeps everything in the house.');
  const add = (name: string, description: string, ask: (transfer: ApiClient) => Promise<EgressAnswer>) =>
    withApiOptions(egress.command(name).description(description)).action(async (options: ApiOptions) => {
      print(await ask(await connect('transfer', options)), options, lines);
    });
  add('status', 'Whether anything may leave.', (transfer) => transfer.get('/v1/egress'));
  add('stop', 'Stops all egress at once; running uploads are broken off.', (transfer) =>
    transfer.post('/v1/egress/stop'),
  );
  add('resume', 'Lets transfers leave again.', (transfer) => transfer.post('/v1/egress/resume'));
}

function lines({ open, since, by }: EgressAnswer): readonly string[] {
  return fields([
    ['egress', open ? 'open' : 'stopped'],
    ['since', since],
    ['by', by && actorLine(by)],
  ]);
}
