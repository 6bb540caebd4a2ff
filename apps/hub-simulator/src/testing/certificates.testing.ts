import { ensureAuthority } from '@hub-export/local-servers';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key as PEM texts. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for one test hub, in a folder of its own. */
export interface Authority {
  readonly folder: string;
  readonly cert: string;
  /** A certificate for 127.0.0.1 that may stand for a server and for a client; expired if asked for. */
  issue(name: string, expired?: 'expired'): Promise<Identity>;
}

const LONG_PAST = new Date('2020-01-01T00:00:00Z');

export async function testAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-simulator-'));
  const authority = await ensureAuthority(folder);
  return {
    folder,
    cert: await readFile(authority.caFile, 'utf8'),
    issue: async (commonName, expired) => {
      const [certFile, keyFile] = [join(folder, `${commonName}.crt`), join(folder, `${commonName}.key`)];
      const validity = expired === undefined ? {} : { notBefore: LONG_PAST, validDays: 1 };
      await authority.issue({ commonName, hosts: ['127.0.0.1'], client: true, certFile, keyFile, ...validity });
      return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    },
  };
}

/** A certificate from an authority that nobody knows. */
export async function strangerIdentity(name: string): Promise<Identity> {
  const authority = await testAuthority();
  try {
    return await authority.issue(name);
  } finally {
    await rm(authority.folder, { recursive: true });
  }
}
