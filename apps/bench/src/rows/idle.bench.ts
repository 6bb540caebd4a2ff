import { setTimeout as wait } from 'node:timers/promises';
import { atMost } from '../report/goal.js';
import { cpuSeconds, residentMib } from '../run/usage.process.js';
import type { Row } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';

const REST_MS = 10_000;

/** What the three services take while nothing happens. */
export const idle: Row = {
  name: 'idle',
  async prepare(workbench) {
    const { seconds } = workbench.scale;
    const site = await BenchSite.prepare(workbench, 'endoreg-3.0');
    const services = [
      await site.start('marking-service'),
      await site.start('transfer-service'),
      await site.start('audit-service'),
    ];
    await site.settled();
    // A service that has just started has garbage to collect and code to compile.
    await wait(REST_MS);
    const sum = (of: (pid: number) => number): number => services.reduce((total, { pid }) => total + of(pid), 0);
    return {
      contestants: [
        {
          name: 'three services at rest',
          measure: async () => {
            const before = sum(cpuSeconds);
            const begun = performance.now();
            await wait(seconds * 4_000);
            const share = (sum(cpuSeconds) - before) / ((performance.now() - begun) / 1000);
            return { memory: (sum(residentMib) * 1024 ** 2) / 1e6, cpu: share * 100 };
          },
        },
      ],
      comparisons: [
        { variant: 'memory', value: 'memory', unit: 'MB', goal: atMost(450, 'MB') },
        { variant: 'CPU', value: 'cpu', unit: '% of a core', goal: atMost(1, '% of a core') },
      ],
    };
  },
};
