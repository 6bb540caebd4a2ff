import { CertificateFault, type VerifiedCertificate, verifyCertificate } from '@hub-export/delivery-certificate';
import { KeyFileError, readPublicKeys } from '@hub-export/transparency-log';
import type { KeyObject } from 'node:crypto';
import { certificateLines, NOT_PROVEN } from '../text/certificate-lines.js';
import { readCertificate, UnreadableCertificate } from '../text/certificate.file.js';

/** The certificate does not hold. */
const EXIT_REFUSED = 1;
/** It could not be looked at. */
const EXIT_UNCHECKED = 2;

/** Exits with 0 where it holds, 1 where it is refused, 2 where it or a key cannot be read. */
export async function verifyCertificateFile(path: string, keyFiles: readonly string[], json: boolean): Promise<void> {
  const keys = await readable(() => keyFiles.flatMap(readPublicKeys));
  const result = checked(await readable(() => readCertificate(path)), keys);
  if ('code' in result) process.exitCode = result.isUnchecked ? EXIT_UNCHECKED : EXIT_REFUSED;
  if (json) console.log(JSON.stringify('code' in result ? refusedAnswer(result) : verifiedAnswer(result), null, 2));
  else if ('code' in result)
    console.error(result.isUnchecked ? `${result.sentence} (${result.code})` : result.sentence);
  else console.log(certificateLines(result).join('\n'));
}

interface Refused {
  readonly code: string;
  readonly where: string | null;
  readonly sentence: string;
  readonly isUnchecked: boolean;
}

async function readable<Read>(read: () => Promise<Read> | Read): Promise<Read | Refused> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KeyFileError || error instanceof UnreadableCertificate) {
      return { code: error.code, where: null, sentence: error.message, isUnchecked: true };
    }
    throw error;
  }
}

function checked(bytes: Uint8Array | Refused, keys: readonly KeyObject[] | Refused): VerifiedCertificate | Refused {
  if ('code' in bytes) return bytes;
  if ('code' in keys) return keys;
  try {
    return verifyCertificate(bytes, keys);
  } catch (error) {
    if (!(error instanceof CertificateFault)) throw error;
    const { code, where, message: sentence } = error;
    return { code, where, sentence: `REFUSED. ${sentence}`, isUnchecked: false };
  }
}

function refusedAnswer({ code, where, sentence }: Refused): object {
  return { verified: false, code, where, detail: sentence };
}

function verifiedAnswer({ certificate, checkpoint }: VerifiedCertificate): object {
  const { evidence: _evidence, ...statement } = certificate;
  const { origin, size, keyId: key_id } = checkpoint;
  return { verified: true, statement, checkpoint: { origin, size, key_id }, not_proven: NOT_PROVEN };
}
