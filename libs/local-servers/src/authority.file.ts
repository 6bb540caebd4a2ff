import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import * as x509 from '@peculiar/x509';

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_VALID_DAYS = 3650;
/** Certificates begin a little in the past, since clocks differ. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface CertificateRequest {
  readonly commonName: string;
  /** Names and addresses a server answers to. With any, the certificate may stand for a server. @default none */
  readonly hosts?: readonly string[];
  /** Whether the certificate may stand for a client. @default false */
  readonly client?: boolean;
  /** @default 365 */
  readonly validDays?: number;
  /** @default five minutes ago; with a day long past, an expired certificate is made */
  readonly notBefore?: Date;
  /** Gets the private key, PKCS #8 in PEM, readable to its owner alone. */
  readonly keyFile: string;
  readonly certFile: string;
}

/** A certificate authority for a demo on one machine and for tests; never for production. */
export interface LocalAuthority {
  /** Its own certificate, for those who are to trust it. */
  readonly caFile: string;
  /** Makes a fresh key pair and a certificate for it (EC P-256), and writes both, over what was there. */
  issue(request: CertificateRequest): Promise<void>;
}

/** The authority kept in `<folder>/authority`, made there at the first call. */
export async function ensureAuthority(folder: string): Promise<LocalAuthority> {
  const home = join(resolve(folder), 'authority');
  if (!existsSync(home)) await makeAuthority(home);
  const certificate = new x509.X509Certificate(await readFile(join(home, 'ca.crt'), 'utf8'));
  const key = await importKey(await readFile(join(home, 'ca.key'), 'utf8'));
  return { caFile: join(home, 'ca.crt'), issue: (request) => issue(request, certificate, key) };
}

async function makeAuthority(home: string): Promise<void> {
  await mkdir(dirname(home), { recursive: true });
  // Made aside and moved into place, so that key and certificate always belong together.
  const aside = await mkdtemp(`${home}.making-`);
  try {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerialNumber(),
      name: [{ CN: [`Hub Export local authority ${randomBytes(4).toString('hex')}`] }],
      ...validity(AUTHORITY_VALID_DAYS, undefined),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    await writePair(keys.privateKey, join(aside, 'ca.key'), certificate, join(aside, 'ca.crt'));
    await rename(aside, home);
  } catch (error) {
    // Another process may have been faster; then its authority is the one.
    if (!existsSync(home)) throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function issue(request: CertificateRequest, ca: x509.X509Certificate, caKey: webcrypto.CryptoKey): Promise<void> {
  const hosts = request.hosts ?? [];
  const keys = await newKeys();
  const purposes = [
    ...(hosts.length > 0 ? [x509.ExtendedKeyUsage.serverAuth] : []),
    ...(request.client ? [x509.ExtendedKeyUsage.clientAuth] : []),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: [{ CN: [request.commonName] }],
    issuer: ca.subjectName,
    ...validity(request.validDays ?? 365, request.notBefore),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: caKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension(purposes)] : []),
      ...(hosts.length > 0 ? [new x509.SubjectAlternativeNameExtension(hosts.map(alternativeName))] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
    ],
  });
  await writePair(keys.privateKey, request.keyFile, certificate, request.certFile);
}

function alternativeName(host: string): x509.JsonGeneralName {
  return { type: isIP(host) ? 'ip' : 'dns', value: host };
}

function validity(days: number, from: Date | undefined): { notBefore: Date; notAfter: Date } {
  const notBefore = from ?? new Date(Date.now() - CLOCK_TOLERANCE_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * DAY_MS) };
}

/** Positive and random, as serial numbers have to be. */
function newSerialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
}

async function writePair(
  key: webcrypto.CryptoKey,
  keyFile: string,
  certificate: x509.X509Certificate,
  certFile: string,
): Promise<void> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  await writeWhole(keyFile, x509.PemConverter.encode(der, 'PRIVATE KEY'), 0o600);
  await writeWhole(certFile, certificate.toString('pem'), 0o644);
}

/** A reader sees the old file or the new one, never a part; and the mode is right from the first byte on. */
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(aside, `${text}\n`, { mode, flag: 'wx' });
  await rename(aside, file);
}
