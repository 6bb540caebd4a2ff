/** Tells that the log has grown, so that readers need not wait for their next look. It may miss some: readers also poll. */
export interface AppendSignal {
  /** Calls `listener` after appends until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** The signal of one process's own listeners. */
export class Listeners implements AppendSignal {
  private readonly listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.listeners) listener();
  }
}
