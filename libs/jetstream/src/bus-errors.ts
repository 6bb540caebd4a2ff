import type { Drift } from './drift.js';

/** The bus cannot be reached within the time given. It is being tried for; ask again later. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
  readonly code = 'bus_unavailable';

  constructor() {
    super('The bus is not reachable at present.');
  }
}

export type ProvisioningCode =
  /** Something on the bus is otherwise than it has to be, and no update changes it. */
  | 'not_mendable'
  /** The server takes no messages of the size the streams are to hold: raise its max_payload. */
  | 'max_payload_too_small'
  /** The server has no room for the streams' max_bytes: give it more, or choose less. */
  | 'storage_too_small';

/** The bus cannot be made what it has to be; a person has to look. */
export class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError';

  constructor(
    readonly code: ProvisioningCode,
    message: string,
    readonly drift: readonly Drift[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
