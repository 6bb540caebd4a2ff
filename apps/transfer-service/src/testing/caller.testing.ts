import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { eventually } from '@hub-export/testing';
import request from 'supertest';
import type { Reported, TestSite } from './site.testing.js';

/** Speaks to a service over HTTP as somebody. */
export class Caller {
  constructor(
    private readonly app: INestApplication<Server>,
    private readonly token: string,
  ) {}

  get(path: string) {
    return this.send('get', path);
  }

  put(path: string, body: object) {
    return this.send('put', path).send(body);
  }

  post(path: string, body: object = {}, key?: string) {
    const call = this.send('post', path).send(body);
    return key === undefined ? call : call.set('idempotency-key', key);
  }

  /** Gives an order to transfers and answers the results. */
  async order(act: 'queue' | 'retry' | 'hold' | 'release', ...resources: readonly Reported[]) {
    const answer = await this.post(`/v1/transfers/${act}`, {
      transfer_ids: resources.map(({ transferId }) => transferId),
    }).expect(200);
    return (answer.body as { results: readonly { outcome: string; code?: string; detail?: string }[] }).results;
  }

  /** The transfer, when it has come to this state. */
  reached(resource: Reported, status: string, withinMs = 15_000) {
    return eventually(
      async () => {
        const answer = await this.get(`/v1/transfers/${resource.transferId}`);
        const body = answer.body as { readonly status: string; readonly failure_code?: string; readonly code?: string };
        if (body.status !== status) throw new Error(`It is ${body.status} ${body.failure_code} ${body.code}.`);
        return body;
      },
      { what: `${status}`, withinMs },
    );
  }

  private send(method: 'get' | 'put' | 'post', path: string) {
    return request(this.app.getHttpServer())[method](path).set('authorization', `Bearer ${this.token}`);
  }
}

/** Records the site node and the hub. */
export async function recordNodes(site: TestSite, operator: Caller): Promise<void> {
  await operator.put('/v1/nodes/site-a', site.siteNode()).expect(200);
  await operator.put('/v1/nodes/hub', site.hubNode()).expect(200);
}
