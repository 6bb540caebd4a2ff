import { Agent, request } from 'undici';

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 65_536;

/** An endpoint outside the house that keeps what it is told: it takes a note by POST and answers 2xx. */
export class CheckpointEndpoint {
  private readonly agent = new Agent({
    connect: { timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: ANSWER_BYTES_MAX,
  });

  constructor(private readonly url: string) {}

  /** Null where the note was taken, else why not. Redirects are not followed. */
  async take(note: string): Promise<string | null> {
    try {
      const { statusCode, body } = await request(this.url, {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: note,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await body.dump();
      return statusCode >= 200 && statusCode < 300 ? null : 'endpoint_refused';
    } catch {
      return 'endpoint_unavailable';
    }
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}
