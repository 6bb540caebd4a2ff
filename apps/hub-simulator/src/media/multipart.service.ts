import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import { type IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type MediaStore, type StagedMedia } from './media-store.service.js';

/** What a media form held. Everything but these two fields is ignored. */
export interface MediaForm {
  readonly file: StagedMedia | undefined;
  readonly mediaRole: string | undefined;
}

/** Thrown when a body is no sound multipart form. */
export class MalformedForm extends Error {}

const FIELDS_MAX = 32;
const FIELD_MAX_BYTES = 64 * 1024;

/** Whether a content type announces a multipart form. */
export function isMultipart(contentType: string | undefined): boolean {
  return contentType !== undefined && /^multipart\/form-data\s*;/i.test(contentType);
}

/** Reads a media form in constant memory; its file goes to disk as it comes. */
export async function readMediaForm(
  headers: IncomingHttpHeaders,
  body: AsyncIterable<Buffer>,
  store: MediaStore,
  maxUploadBytes: number,
): Promise<MediaForm> {
  let mediaRole: string | undefined;
  let staging: Promise<StagedMedia> | undefined;
  let file: Readable | undefined;
  let broken: Error | undefined;
  // What breaks the body (a client that left, a fault) must not be taken for a malformed form.
  const source = Readable.from(noticing(body, (error) => (broken = error)));
  try {
    const form = new Busboy({
      headers: headers as BusboyHeaders,
      limits: { files: 1, fields: FIELDS_MAX, fieldSize: FIELD_MAX_BYTES },
      isPartAFile: (_field, _type, fileName) => fileName !== undefined,
    });
    form.on('field', (name, value) => {
      if (name === 'media_role') mediaRole = value;
    });
    form.on('file', (name, stream) => {
      if (name !== 'file') return void stream.resume();
      file = stream;
      // Its failure is seen by the one that stages it, also when that begins later.
      stream.on('error', () => undefined);
      staging = store.stage(stream, maxUploadBytes);
      // It is awaited below; until then its failure is nobody's.
      staging.catch(() => undefined);
    });
    await pipeline(source, form);
    return { file: await staging, mediaRole };
  } catch (error) {
    // The form leaves its open file waiting for bytes that never come.
    file?.destroy(new Error('The form has ended early.'));
    await staging?.then((staged) => store.discard(staged)).catch(() => undefined);
    throw broken ?? new MalformedForm('The form cannot be read.', { cause: error });
  }
}

async function* noticing(body: AsyncIterable<Buffer>, notice: (error: Error) => void): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    notice(error as Error);
    throw error;
  }
}
