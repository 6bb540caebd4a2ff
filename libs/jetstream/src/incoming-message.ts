/** A message as a handler meets it. */
export interface IncomingMessage {
  readonly subject: string;
  /** Its place in the stream; in HUB_EXPORT this is the event's global_seq. */
  readonly sequence: number;
  /** The first value of each header, without those by which the bus steers itself. */
  readonly headers: Readonly<Record<string, string>>;
  /** The publisher's message id, the event's id in HUB_EXPORT. */
  readonly id: string | null;
  /** 1 at the first delivery. */
  readonly deliveries: number;
  readonly body: Uint8Array;
  /** Asks for another span of the acknowledgement's time. For what takes long; a driven parked message needs none. */
  readonly working: () => void;
}

/** Handles a message; resolves once its effect is safe, and only then is it acknowledged. */
export type HandleMessage = (message: IncomingMessage) => Promise<void>;
