import type { Bus } from '@hub-export/jetstream';
import type { OnApplicationShutdown } from '@nestjs/common';

/** Leaves the bus when everything that uses it has stopped. */
export class BusLeaver implements OnApplicationShutdown {
  constructor(private readonly bus: Bus) {}

  onApplicationShutdown(): Promise<void> {
    return this.bus.close();
  }
}
