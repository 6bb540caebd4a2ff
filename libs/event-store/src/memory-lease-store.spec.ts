import { MemoryLeaseStore } from './memory-lease-store.js';
import { describeLeaseStore } from './testing/lease-store.contract.js';

describeLeaseStore('memory', async () => {
  let now = 0;
  const expire = async (): Promise<void> => {
    now += 60_001;
  };
  return { leases: new MemoryLeaseStore(() => now), expire, close: async () => undefined };
});
