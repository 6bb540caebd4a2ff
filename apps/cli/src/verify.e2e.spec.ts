import { certificateOf, certificateText, evidenceOf, provenLog, story } from '@hub-export/delivery-certificate';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Real here: the CLI as a process of its own, with an empty environment, in an empty folder.
jest.setTimeout(60_000);

const PROGRAM = join(import.meta.dirname, '../dist/main.js');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const text = certificateText(certificateOf(evidenceOf(provenLog(story(), privateKey))));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'));
  await writeFile(join(folder, 'certificate.json'), text);
  await writeFile(join(folder, 'key.pem'), pem(publicKey));
  await writeFile(join(folder, 'other.pem'), pem(generateKeyPairSync('ed25519').publicKey));
  await writeFile(join(folder, 'changed.json'), text.replace('"remote-1"', '"remote-2"'));
  await writeFile(join(folder, 'truncated.json'), text.slice(0, text.length / 2));
});

afterAll(() => rm(folder, { recursive: true }));

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function verify(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'verify', ...args], {
    cwd: folder,
    env: {},
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('hub-export verify, with nothing but a certificate and a public key', () => {
  it('says what is proven and what is not', () => {
    const { status, stdout } = verify('certificate.json', '--key', 'key.pem');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^VERIFIED\./);
    for (const told of ['Alice (alice)', 'remote-1', 'Proven,', 'Not proven:', 'hub-export/site-a, 12 entries'])
      expect(stdout).toContain(told);
  });

  it('says it to programs too', () => {
    const { stdout } = verify('certificate.json', '--key', 'key.pem', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ verified: true, statement: { attempts: 2 }, checkpoint: { size: 12 } });
    const refused = verify('changed.json', '--key', 'key.pem', '--json');
    expect(JSON.parse(refused.stdout)).toMatchObject({ verified: false, code: 'statement_differs', where: 'delivery' });
  });

  it.each([
    ['changed.json', 'key.pem', 1, 'statement_differs'],
    ['truncated.json', 'key.pem', 1, 'not_json'],
    ['certificate.json', 'other.pem', 1, 'unknown_key'],
    ['key.pem', 'key.pem', 1, 'not_json'],
    ['missing.json', 'key.pem', 2, 'unreadable_certificate'],
    ['.', 'key.pem', 2, 'unreadable_certificate'],
    ['certificate.json', 'missing.pem', 2, 'unreadable'],
    ['certificate.json', 'certificate.json', 2, 'not_ed25519'],
  ])('%s by %s ends with %i and the code %s, and no stack', (certificate, key, status, code) => {
    const told = verify(certificate, '--key', key);
    expect([told.status, told.stdout]).toEqual([status, '']);
    expect(told.stderr).toContain(code);
    expect(told.stderr).not.toMatch(/\n\s+at |Error:/);
  });
});
