import { type Log, Problem } from '@hub-export/http-edge';
import type { JetStreamServer } from '@hub-export/jetstream';

type Consumer = Pick<JetStreamServer, 'listParked' | 'driveParked'>;

/** A site message that was put aside, without its body, which may hold anything. */
export interface ParkedLine {
  readonly parked_sequence: number;
  readonly parked_at: string;
  readonly subject: string;
  /** The code of the failure it was parked for. */
  readonly reason: string;
  readonly deliveries: number;
}

export interface Driven {
  readonly handled: number;
  /** What failed again, and stays. */
  readonly parked_again: number;
}

/** The site messages that were parked: what they are, and another try once their cause is mended. */
export class ParkedService {
  private consumer: Consumer | undefined;

  constructor(private readonly log: Log) {}

  /** The consumer is made around the app, so it comes after it. */
  attach(consumer: Consumer): void {
    this.consumer = consumer;
  }

  /** The oldest, `limit` at most. @throws {Problem} 503 `bus_unavailable` */
  async list(limit: number): Promise<readonly ParkedLine[]> {
    const parked = await this.onTheBus((consumer) => consumer.listParked(limit));
    return parked.map(({ parkedSequence, parkedAt, subject, reason, deliveries }) => ({
      parked_sequence: parkedSequence,
      parked_at: parkedAt,
      subject,
      reason,
      deliveries,
    }));
  }

  /** Handles the oldest again, `limit` at most, by the rules of messages that come in now. @throws as `list` */
  async drive(limit: number): Promise<Driven> {
    const { handled, parkedAgain } = await this.onTheBus((consumer) => consumer.driveParked({ limit }));
    this.log.info({ event: 'site_parked_driven', count: handled, faults: parkedAgain });
    return { handled, parked_again: parkedAgain };
  }

  private async onTheBus<Value>(work: (consumer: Consumer) => Promise<Value>): Promise<Value> {
    if (this.consumer === undefined) throw unavailable();
    return work(this.consumer).catch((cause: unknown) => {
      throw unavailable(cause);
    });
  }
}

function unavailable(cause?: unknown): Problem {
  return new Problem(503, 'bus_unavailable', 'The bus cannot be asked now.', { cause, retryAfterSeconds: 5 });
}
