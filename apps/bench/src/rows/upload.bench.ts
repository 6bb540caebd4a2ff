import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { atLeast, atMost } from '../report/goal.js';
import { cpuSeconds } from '../run/usage.process.js';
import type { Figures } from '../report/result.js';
import type { Contestant } from '../run/row.js';
import type { Row } from '../run/workbench.server.js';
import { BareHub } from '../site/bare-hub.client.js';
import { BenchSite } from '../site/bench-site.server.js';
import { mediaFile, pathOf } from '../site/media.file.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { Sending } from '../site/sending.service.js';

const GIB = 1024 ** 3;
const MB = 1e6;
const QUICK_BYTES = 128 * 1024 ** 2;
/** Given the file and then curl's arguments. */
const CURL = 'shift; curl "$@"';
/** Sent once beforehand, instead of a whole round. */
const WARM_UP_BYTES = 16 * 1024 ** 2;

/** One large file, hashed while it is sent, against curl that hashes nothing, and against hashing first. */
export const upload: Row = {
  name: 'upload',
  async prepare(workbench) {
    const size = workbench.scale.size === 1 ? 2 * GIB : QUICK_BYTES;
    const site = await BenchSite.prepare(workbench, 'endoreg-3.0');
    const seed = new ResourceSeed(await site.log.pool('marking'));
    const media = await mediaFile(site.folder, size);
    const path = pathOf(site.folder, media);
    const marking = await site.start('marking-service');
    const sender = await site.start('transfer-service');
    const sending = new Sending(site, seed, marking);
    const bare = new BareHub(site, 1);
    workbench.atEnd(() => bare.close());

    const [small] = await sending.resources(1, await mediaFile(site.folder, WARM_UP_BYTES));
    if (small !== undefined) await sending.send(sender, [small]);

    /** A command of the shell on a transfer that was registered before. */
    const byShell = async (command: string): Promise<Usage> => {
      const resource = bare.resource(media);
      await bare.register(resource);
      return run(command, [path, ...bare.curlArguments(resource, path)]);
    };
    const hubCpu = (): number => cpuSeconds(site.hub?.pid ?? 0);
    /** Each comes right behind the same upload, and finds the hub's disk and the machine's memory as any other does. */
    const behindCurl = (name: string, measure: () => Promise<Figures>): Contestant => ({
      name,
      measure: async () => {
        await byShell(CURL);
        return measure();
      },
    });
    return {
      contestants: [
        behindCurl('transfer-service', async () => {
          const [resource] = await sending.resources(1, media);
          if (resource === undefined) throw new Error('No resource was reported.');
          const [before, hubBefore] = [cpuSeconds(sender.pid), hubCpu()];
          await sending.send(sender, [resource]);
          const cpu = cpuSeconds(sender.pid) - before;
          return {
            ours: size / MB / (await sending.seconds(resource)),
            ours_cpu: cpu / (size / GIB),
            hub: size / MB / (hubCpu() - hubBefore),
          };
        }),
        behindCurl('curl', async () => {
          const { seconds, cpu } = await byShell(CURL);
          return { curl: size / MB / seconds, curl_cpu: cpu / (size / GIB) };
        }),
        behindCurl('openssl dgst, then curl', async () => {
          const { seconds, cpu } = await byShell(`openssl dgst -sha256 "$1" > /dev/null; ${CURL}`);
          return { two_passes: size / MB / seconds, two_passes_cpu: cpu / (size / GIB) };
        }),
      ],
      comparisons: [
        { variant: 'beside curl', value: 'ours', limit: 'curl', unit: 'MB/s', goal: atLeast(0.85) },
        { variant: 'beside two passes', value: 'ours', limit: 'two_passes', unit: 'MB/s', goal: atLeast(1.1) },
        { variant: 'of what the hub takes', value: 'ours', limit: 'hub', unit: 'MB/s' },
        { variant: 'CPU', value: 'ours_cpu', limit: 'curl_cpu', unit: 's/GiB', goal: atMost(1.6) },
        { variant: 'CPU beside two passes', value: 'ours_cpu', limit: 'two_passes_cpu', unit: 's/GiB' },
      ],
    };
  },
};

interface Usage {
  readonly seconds: number;
  /** User and system time of what the shell ran, in seconds. */
  readonly cpu: number;
}

async function run(command: string, given: readonly string[]): Promise<Usage> {
  const begun = performance.now();
  const child = spawn('bash', ['-c', `set -e; ${command}; times`, 'bench', ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
  const seconds = (performance.now() - begun) / 1000;
  if (code !== 0) throw new Error(`The shell ended with ${code}.`);
  // The last line of `times` is of the shell's children: 0m1.234s 0m0.567s.
  const ofChildren = printed.trim().split('\n').at(-1) ?? '';
  const parts = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return { seconds, cpu: parts.reduce((sum, part) => sum + part, 0) };
}
