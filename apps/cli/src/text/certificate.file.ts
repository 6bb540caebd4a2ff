import { CERTIFICATE_BYTES_MAX } from '@hub-export/delivery-certificate';
import { open } from 'node:fs/promises';

/** The file gives no certificate to look at. Its path is not told. */
export class UnreadableCertificate extends Error {
  override readonly name = 'UnreadableCertificate';
  readonly code = 'unreadable_certificate';

  constructor(options?: ErrorOptions) {
    super('The certificate cannot be read: it must be a regular file.', options);
  }
}

/** At most one byte more than a certificate may have, whatever the file is. @throws {UnreadableCertificate} */
export async function readCertificate(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      if (!(await file.stat()).isFile()) throw new UnreadableCertificate();
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.min(size, CERTIFICATE_BYTES_MAX + 1));
      let read = 0;
      while (read < bytes.length) {
        const { bytesRead } = await file.read(bytes, read, bytes.length - read, read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
      return bytes.subarray(0, read);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof UnreadableCertificate ? error : new UnreadableCertificate({ cause: error });
  }
}
