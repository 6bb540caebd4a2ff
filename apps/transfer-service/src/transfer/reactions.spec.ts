import { Refusal } from '@hub-export/event-sourcing';
import type { Transfer, TransferCommand } from '@hub-export/transfer-life';
import type { ViewPosition } from '@hub-export/service-runtime';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import { live, order } from '../testing/transfers.testing.js';
import type { CommandContext } from './command-context.js';
import { Reactions } from './reactions.service.js';
import type { Situations } from './situation.service.js';
import type { Transfers } from './transfers.service.js';

const { fail, hold, mark, queue, register } = order;
const CONTEXT: CommandContext = { key: 'eligibility:event-1', correlationId: 'c', causationId: 'event-1' };

describe('asking again how a waiting transfer stands', () => {
  let eligible: boolean;
  let transfer: Transfer;
  let asked: { readonly act: string; readonly key: string }[];
  let no: Error | null;
  let reactions: Reactions;

  beforeEach(() => {
    asked = [];
    no = null;
    const act =
      (name: string) =>
      (_id: string, _reason: string, _by: unknown, { key }: CommandContext) => {
        asked.push({ act: name, key });
        return no === null ? Promise.resolve() : Promise.reject(no);
      };
    const situations = {
      transfer: () => Promise.resolve(transfer),
      standing: () => Promise.resolve({ eligibility: { eligible } }),
    };
    const transfers = { hold: act('hold'), release: act('release'), queue: act('queue') };
    reactions = new Reactions(
      {} as WaitingTransfers,
      situations as unknown as Situations,
      transfers as unknown as Transfers,
      {} as ViewPosition,
    );
  });

  it('leads to a command of its own for each reaction, so that an event handled again may react otherwise', async () => {
    await ask([mark(), queue()], false);
    await ask([mark(), queue(), hold('ineligible')], true);
    await ask([mark(), queue(), register(), fail(1, 'ineligible')], true);
    expect(asked.map(({ act }) => act)).toEqual(['hold', 'release', 'queue']);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(3);
  });

  it('names the same reaction to the same event alike, so that it happens once', async () => {
    await ask([mark(), queue()], false);
    await ask([mark(), queue()], false);
    expect(asked[0]?.key).toBe(asked[1]?.key);
  });

  it('takes a no of the rules for an answer, and nothing else', async () => {
    no = new Refusal('not_ready', 'A node is not ready.');
    await ask([mark(), queue()], false);
    no = new Error('The database is away.');
    await expect(ask([mark(), queue()], false)).rejects.toThrow('away');
  });

  it('asks nothing of what was never marked', async () => {
    await ask([], true);
    expect(asked).toEqual([]);
  });

  function ask(commands: readonly TransferCommand[], isEligible: boolean): Promise<void> {
    transfer = live(commands).state;
    eligible = isEligible;
    return reactions.askAgain('t', CONTEXT);
  }
});
