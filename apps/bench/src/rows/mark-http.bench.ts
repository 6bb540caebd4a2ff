import { PostgresEventStore } from '@hub-export/event-store';
import { randomUUID } from 'node:crypto';
import { atLeast } from '../report/goal.js';
import { rate } from '../run/rates.runner.js';
import { rateAndLimit } from '../run/usage.process.js';
import type { Row } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';
import { markAll } from '../site/marks.client.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { benchLog } from '../store/log.server.js';
import { singleEvent } from '../store/requests.js';

/** The usual limit of one caller is less than what is measured. */
const WRITES_A_MINUTE = 1_000_000;
/** More than any machine marks a second. */
const MARKS_A_SECOND_MAX = 3_000;

/** `POST /v1/marks` with one resource and 32 callers, tokens verified, against the appends that are in it. */
export const markHttp: Row = {
  name: 'mark.http',
  async prepare(workbench) {
    const { seconds, rounds } = workbench.scale;
    const site = await BenchSite.prepare(workbench);
    // In a log of their own: the service under measure would have to publish and view them.
    const appends = new PostgresEventStore(await (await benchLog(workbench)).pool('transfer'));
    const seed = new ResourceSeed(await site.log.pool('marking'));
    workbench.progress('mark.http: reporting resources');
    const unmarked = [...(await seed.report(Math.ceil((rounds + 1) * seconds * MARKS_A_SECOND_MAX * 0.4)))];
    const marking = await site.start('marking-service', { HTTP_WRITES_PER_MINUTE: String(WRITES_A_MINUTE) });
    await site.settled();
    const mark = async (): Promise<void> => {
      const resource = unmarked.pop();
      if (resource === undefined) throw new Error('No resource is left to mark.');
      await markAll(site.client, marking, [resource]);
    };
    const refused = async (): Promise<void> => {
      const { status } = await site.client.answer('POST', `${marking.url}/v1/marks`, { resources: [] });
      if (status !== 400) throw new Error(`A request for nothing is answered with ${status}.`);
    };
    return {
      contestants: [
        {
          name: 'marks, 32 callers',
          measure: async () => {
            const { rate: marks, allowed } = await rateAndLimit(() => rate(32, seconds, mark));
            return { marks, processors: allowed };
          },
        },
        // The door alone: a token is verified and a body checked, and nothing is decided.
        { name: 'the same, refused at the door', measure: async () => ({ refused: await rate(32, seconds, refused) }) },
        {
          name: '64 appends at once',
          measure: async () => ({ appends: await rate(64, seconds, () => appends.append(singleEvent(randomUUID()))) }),
        },
      ],
      comparisons: [
        { value: 'marks', limit: 'appends', unit: 'marks/s', goal: atLeast(0.35) },
        { variant: 'beside refused requests', value: 'marks', limit: 'refused', unit: 'marks/s' },
        { variant: 'of what the processors allow', value: 'marks', limit: 'processors', unit: 'marks/s' },
      ],
    };
  },
};
