/** A stream moved at every try: somebody else writes it faster than we decide. The same command may come again later. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';

  constructor(
    readonly streamId: string,
    readonly actualVersion: number,
  ) {
    super(`The stream ${streamId} has moved to version ${actualVersion} since it was read.`);
  }
}

/** The idempotency key was used before for another command. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused';

  constructor() {
    super('This idempotency key was used for another command.');
  }
}

/** The writer's lease belongs to somebody else now: whatever it meant to record is void. */
export class Fenced extends Error {
  override readonly name = 'Fenced';

  constructor(readonly lease: string) {
    super(`The lease ${lease} is not held under this token any more.`);
  }
}

/** The request itself is wrong, whoever tries it and however often: our own fault. Codes: `AppendFault`. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused';

  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`The log refuses this append: ${code}.`, options);
  }
}

/** The database does not answer as it should; nothing was recorded. The same command may be sent again. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
}

/**
 * The connection ended while the database was working: whether the command was recorded is unknown. The same command
 * with the same key may be sent again, and then says what it did.
 */
export class UnknownCommit extends StoreUnavailable {
  override readonly name = 'UnknownCommit';
}

/** What is stored under a digest has another digest: the document was changed behind our back. */
export class DocumentCorrupted extends Error {
  override readonly name = 'DocumentCorrupted';

  constructor(readonly digest: string) {
    super(`The document stored as ${digest} has another digest.`);
  }
}
