import { BenchSite } from './bench-site.server.js';
import { mediaFile } from './media.file.js';
import { ResourceSeed } from './resources.seed.js';
import { Sending } from './sending.service.js';
import type { SiteResource } from './snapshot.js';
import type { ServiceName, ServiceProcess } from './service.process.js';
import type { Workbench } from '../run/workbench.server.js';

/** A site that has sent one report to its hub: what tables are filled with copies of. No service runs any more. */
export async function siteWithOneTransfer(
  workbench: Workbench,
): Promise<{ readonly site: BenchSite; readonly resource: SiteResource }> {
  const site = await BenchSite.prepare(workbench, 'endoreg-3.0', { syncAlways: false });
  const seed = new ResourceSeed(await site.log.pool('marking'));
  const services = new Map<ServiceName, ServiceProcess>();
  for (const name of ['marking-service', 'transfer-service', 'audit-service'] as const)
    services.set(name, await site.start(name));
  const [marking, sender] = [services.get('marking-service'), services.get('transfer-service')];
  if (marking === undefined || sender === undefined) throw new Error('A service is missing.');
  const sending = new Sending(site, seed, marking);
  const [resource] = await sending.resources(1, await mediaFile(site.folder, 4096));
  if (resource === undefined) throw new Error('No resource was reported.');
  await sending.send(sender, [resource]);
  await site.settled();
  await site.audited();
  for (const service of services.values()) await service.stop();
  return { site, resource };
}
