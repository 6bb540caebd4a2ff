import { request, type Dispatcher, Agent } from 'undici';

/** Calls the services' APIs as a page or a program would, over connections that stay open. */
export class ServiceClient {
  private readonly agent: Agent;

  constructor(
    private readonly token: string,
    connections = 32,
  ) {
    this.agent = new Agent({ connections, pipelining: 1 });
  }

  /** @throws where the answer is not 200. */
  async call<Answer>(method: Dispatcher.HttpMethod, url: string, body?: unknown): Promise<Answer> {
    const { status, text } = await this.answer(method, url, body);
    if (status !== 200) throw new Error(`${method} answers ${status}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as Answer;
  }

  /** Whatever the answer is. */
  async answer(
    method: Dispatcher.HttpMethod,
    url: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await request(url, {
      method,
      dispatcher: this.agent,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
