import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyFileError, readCheckpointKey, readPublicKeys, writeCheckpointKey } from './checkpoint-key.file.js';
import { openCheckpoint, rawPublicKey, signCheckpoint } from './checkpoint.signer.js';
import { verifierKeyText } from './signed-note.js';
import { EMPTY_ROOT } from './tree-hash.js';

// Real here: the file system.
let folder: string;
const inFolder = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-key-'));
  writeCheckpointKey(inFolder('key.pem'), inFolder('pub.pem'));
});

afterAll(() => rm(folder, { recursive: true }));

function faultOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof KeyFileError ? error.code : String(error);
  }
}

describe('the key of checkpoints', () => {
  it('is made once, readable by its owner alone, with its public half beside it', async () => {
    expect((await stat(inFolder('key.pem'))).mode & 0o777).toBe(0o400);
    const note = signCheckpoint({ origin: 'log', size: 0, root: EMPTY_ROOT }, readCheckpointKey(inFolder('key.pem')));
    expect(openCheckpoint(note, readPublicKeys(inFolder('pub.pem'))).size).toBe(0);
    expect(() => writeCheckpointKey(inFolder('key.pem'), inFolder('pub2.pem'))).toThrow(/EEXIST/);
  });

  it('is also read in the form that tools of signed notes use, several beside each other', async () => {
    const keys = [1, 2].map(() => generateKeyPairSync('ed25519').publicKey);
    const lines = keys.map((key) => verifierKeyText('log', rawPublicKey(key)));
    await writeFile(inFolder('keys.txt'), `${lines.join('\n')}\n`);
    expect(readPublicKeys(inFolder('keys.txt')).map(rawPublicKey)).toEqual(keys.map(rawPublicKey));
  });

  it('is refused where others may read it, as a link, a folder, nothing, or another kind of key', async () => {
    await writeFile(inFolder('open.pem'), await readFile(inFolder('key.pem')));
    await chmod(inFolder('open.pem'), 0o640);
    await symlink(inFolder('key.pem'), inFolder('link.pem'));
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    await writeFile(inFolder('rsa.pem'), rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await writeFile(inFolder('rsa-pub.pem'), rsa.publicKey.export({ type: 'spki', format: 'pem' }));
    expect(faultOf(() => readCheckpointKey(inFolder('open.pem')))).toBe('open_to_others');
    expect(faultOf(() => readCheckpointKey(inFolder('link.pem')))).toBe('unreadable');
    expect(faultOf(() => readCheckpointKey(folder))).toBe('not_a_file');
    expect(faultOf(() => readCheckpointKey(inFolder('none.pem')))).toBe('unreadable');
    expect(faultOf(() => readCheckpointKey(inFolder('rsa.pem')))).toBe('not_ed25519');
    expect(faultOf(() => readPublicKeys(inFolder('rsa-pub.pem')))).toBe('not_ed25519');
    expect(faultOf(() => readPublicKeys(inFolder('key.pem')))).toBe('not_ed25519');
  });
});
