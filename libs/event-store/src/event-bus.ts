/** A message for the bus; its `sequence` there is the event's global_seq. */
export interface BusMessage {
  readonly sequence: number;
  readonly subject: string;
  /** The event's id, by which the bus knows a repeated message. */
  readonly id: string;
  readonly body: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bus as the relay sees it. Invariant: the sequence of a message in its stream is the event's global_seq. */
export interface EventBus {
  /** The last message, 0 and null where there is none. */
  lastSequence(): Promise<{ sequence: number; messageId: string | null; streamCreated: string }>;
  /** Publishes in order; how many of the batch, from its first, were acknowledged at their own sequence. */
  publish(batch: readonly BusMessage[]): Promise<number>;
  /** Makes the stream anew, empty: what it held is published again from the log. */
  recreate(): Promise<void>;
  /** Calls the listener after each lost and regained connection until the returned function is called. */
  onReconnect(listener: () => void): () => void;
}
