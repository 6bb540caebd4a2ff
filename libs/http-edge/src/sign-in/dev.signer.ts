import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Role } from './principal.js';

/** The `iss` of local tokens. */
export const DEV_ISSUER = 'hub-export-dev';
/** The `aud` of local tokens. */
export const DEV_AUDIENCE = 'hub-export';

/** Whom a local token speaks for. */
export interface DevToken {
  readonly sub: string;
  readonly name?: string;
  readonly roles: readonly (Role | 'center_scope:global_admin')[];
  readonly centers?: readonly string[];
  /** How long it is valid, in seconds. Default 3,600. */
  readonly lifetimeSeconds?: number;
}

/** Signs tokens for `AUTH_MODE=dev`: the CLI prints them, tests use them. */
export interface DevSigner {
  /** The public keys; what `AUTH_DEV_JWKS_FILE` names. */
  readonly jwksFile: string;
  sign(token: DevToken): Promise<string>;
}

const LIFETIME_SECONDS = 3_600;

/**
 * Makes an ES256 key pair in the folder, or reads the one that is there: `dev-signer.private.json` (mode 0600) and
 * `jwks.json`. Two that begin at the same time end with the same key.
 */
export async function createDevSigner(folder: string): Promise<DevSigner> {
  await mkdir(folder, { recursive: true });
  const privateJwk = await readOrMakeKey(join(folder, 'dev-signer.private.json'));
  const jwksFile = join(folder, 'jwks.json');
  await replaceFile(jwksFile, JSON.stringify({ keys: [publicPartOf(privateJwk)] }), 0o644);
  const key = await importJWK(privateJwk, 'ES256');

  return {
    jwksFile,
    sign({ sub, name, roles, centers = [], lifetimeSeconds = LIFETIME_SECONDS }) {
      const now = Math.floor(Date.now() / 1_000);
      return new SignJWT({ roles, centers, ...(name === undefined ? {} : { name }) })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: String(privateJwk.kid) })
        .setIssuer(DEV_ISSUER)
        .setAudience(DEV_AUDIENCE)
        .setSubject(sub)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(key);
    },
  };
}

async function readOrMakeKey(file: string): Promise<JWK> {
  const present = await readIfThere(file);
  if (present !== undefined) return JSON.parse(present) as JWK;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const made = JSON.stringify({ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: randomUUID() });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, made, { mode: 0o600, flag: 'wx' });
  // A link fails where the name is taken, so that of two makers one wins, and the file is never seen half written.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return JSON.parse(await readFile(file, 'utf8')) as JWK;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, content, { mode, flag: 'wx' });
  await rename(draft, file);
}

function publicPartOf({ kty, crv, x, y, kid, alg, use }: JWK): JWK {
  return { kty, crv, x, y, kid, alg, use } as JWK;
}
