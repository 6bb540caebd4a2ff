import { type CallHandler, type ExecutionContext, type NestInterceptor, SetMetadata } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { Problem } from '../problems/problem.js';
import type { EdgeRequest } from './edge-request.js';
import { parseJsonBody } from './json-body.js';

const BODY_LIMIT = 'hub-export:body-limit';

/** The route takes a body of up to so many bytes, instead of the service's own limit. */
export function BodyLimit(bytes: number): MethodDecorator {
  return SetMetadata(BODY_LIMIT, bytes);
}

/**
 * Reads the body, after the guards and before the pipes: who may not call a route cannot make the service read
 * megabytes, and each route can have its own limit.
 */
export class BodyInterceptor implements NestInterceptor {
  constructor(private readonly bytesMax: number) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() === 'http') {
      const request = context.switchToHttp().getRequest<EdgeRequest>();
      const own = Reflect.getMetadata(BODY_LIMIT, context.getHandler()) as number | undefined;
      request.body = await readBody(request, own ?? this.bytesMax);
    }
    return next.handle();
  }
}

/** The parsed body, or undefined where there is none. Throws a Problem: 400, 413 or 415. */
async function readBody(request: EdgeRequest, bytesMax: number): Promise<object | undefined> {
  const { headers } = request;
  const length = headers['content-length'];
  if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return undefined;
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(headers['content-type'] ?? '')) {
    throw new Problem(415, 'unsupported_media_type', 'Only application/json in UTF-8 is taken.');
  }
  // A compressed body could be small on the wire and huge in memory.
  if (headers['content-encoding'] !== undefined) {
    throw new Problem(415, 'unsupported_media_type', 'A body must not be compressed.');
  }
  if (Number(length ?? 0) > bytesMax) throw tooLarge(bytesMax);
  return parseJsonBody(await readBytes(request, bytesMax));
}

async function readBytes(request: EdgeRequest, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Destroying the request would take the connection with it, and so the answer that says why.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytesMax) throw tooLarge(bytesMax);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, 'body_cut_off', 'The body ended before its end.', { cause: error });
  }
  return Buffer.concat(chunks);
}

function tooLarge(bytesMax: number): Problem {
  return new Problem(413, 'body_too_large', `The body is larger than the ${bytesMax} bytes that this route takes.`);
}
