import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateKeyPairSync, verify } from 'node:crypto';
import { type Checkpoint, checkpointText } from './checkpoint.js';
import { publicKeyOf } from './checkpoint-key.file.js';
import { openCheckpoint, rawPublicKey, signCheckpoint } from './checkpoint.signer.js';
import { NoteFault } from './note-fault.js';
import { ed25519KeyId, noteText, parseNote, parseVerifierKey, verifierKeyText } from './signed-note.js';
import { leafHash } from './tree-hash.js';

const key = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const checkpoint: Checkpoint = {
  origin: 'hub-export/site-a',
  size: 4_711,
  root: leafHash(new Uint8Array([1])),
};
const signed = signCheckpoint(checkpoint, key.privateKey);

function faultOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof NoteFault ? error.code : String(error);
  }
}

/** A note of the tests of Go's golang.org/x/mod/sumdb/note. */
const FOREIGN_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const FOREIGN_NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

describe('a note', () => {
  it('is read as other programs write it, with their keys', () => {
    const { text, signatures } = parseNote(FOREIGN_NOTE);
    const foreign = parseVerifierKey(FOREIGN_KEY);
    expect(signatures).toMatchObject([{ name: 'PeterNeumann', keyId: 'c74f20a3' }]);
    const raw = foreign?.publicKey ?? new Uint8Array();
    expect(ed25519KeyId('PeterNeumann', raw)).toBe('c74f20a3');
    expect(verifierKeyText('PeterNeumann', raw)).toBe(FOREIGN_KEY);
    const signature = signatures[0]?.signature ?? new Uint8Array();
    expect(verify(null, Buffer.from(text), publicKeyOf(raw), signature)).toBe(true);
    expect(noteText({ text, signatures })).toBe(FOREIGN_NOTE);
  });

  it.each([
    ['without an end', signed.slice(0, -1)],
    ['without signatures', `${checkpointText(checkpoint)}\n`],
    ['without an empty line', signed.replace('\n\n', '\n')],
    ['with a signature that is no Base64', signed.replace(/[A-Za-z0-9+/]=\n$/, '!=\n')],
    ['with a carriage return', signed.replace('\n', '\r\n')],
    ['with another dash', signed.replace('— ', '- ')],
    ['with spaces more', signed.replace('— ', '—  ')],
    ['of great length', `${'a'.repeat(20_000)}${signed}`],
    ['with many signatures', signed + signed.slice(signed.indexOf('—')).repeat(16)],
  ])('is refused %s', (_, note) => {
    expect(faultOf(() => openCheckpoint(note, [key.publicKey]))).toBe('malformed_note');
  });
});

describe('a checkpoint', () => {
  it('says origin, size and root, and who signed it', () => {
    const keyId = ed25519KeyId(checkpoint.origin, rawPublicKey(key.publicKey));
    expect(openCheckpoint(signed, [other.publicKey, key.publicKey], checkpoint.origin)).toEqual({
      ...checkpoint,
      root: new Uint8Array(checkpoint.root),
      keyId,
    });
    expect(signed.split('\n').slice(0, 2)).toEqual(['hub-export/site-a', '4711']);
  });

  it('is the same, byte for byte, however often it is signed', () => {
    expect(signCheckpoint(checkpoint, key.privateKey)).toBe(signed);
  });

  it('is refused once any letter of it is another', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('0', '1', 'A', 'b', '\n', ' ', '=', '+'), (where, letter) => {
        const place = where % signed.length;
        const changed = signed.slice(0, place) + letter + signed.slice(place + 1);
        const isRefused = faultOf(() => openCheckpoint(changed, [key.publicKey])) !== undefined;
        expect(isRefused).toBe(changed !== signed);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused without a key that is known, with a wrong signature, and for another log', () => {
    expect(faultOf(() => openCheckpoint(signed, [other.publicKey]))).toBe('unknown_key');
    expect(faultOf(() => openCheckpoint(signed, []))).toBe('unknown_key');
    expect(faultOf(() => openCheckpoint(signed, [key.publicKey], 'hub-export/site-b'))).toBe('wrong_origin');
    const note = parseNote(signed);
    const forged = parseNote(signCheckpoint({ ...checkpoint, size: 1 }, key.privateKey));
    const mixed = noteText({ text: note.text, signatures: forged.signatures });
    expect(faultOf(() => openCheckpoint(mixed, [key.publicKey]))).toBe('wrong_signature');
  });

  it('may bear witnesses beside its own signature', () => {
    const note = parseNote(signed);
    const witness = { name: 'witness', keyId: '00000000', signature: new Uint8Array(72) };
    const witnessed = noteText({ text: note.text, signatures: [witness, ...note.signatures] });
    expect(openCheckpoint(witnessed, [key.publicKey]).size).toBe(checkpoint.size);
    const alone = noteText({ text: note.text, signatures: [witness] });
    expect(faultOf(() => openCheckpoint(alone, [key.publicKey]))).toBe('unknown_key');
  });

  it.each([
    ['a size with a leading zero', '\n4711\n', '\n04711\n'],
    ['a size with a sign', '\n4711\n', '\n+4711\n'],
    ['a size beyond what can be counted', '\n4711\n', '\n9999999999999999\n'],
    ['a root that is too short', '\n4711\n', '\n4711\nAAAA\n'],
    ['lines more', '\n\n', '\nextension\n\n'],
    ['an origin with a space', 'site-a\n', 'site a\n'],
  ])('is refused with %s, though it is signed', (_, from, to) => {
    const text = `${signed.slice(0, signed.indexOf('\n\n') + 2)}`.replace(from, to).slice(0, -1);
    const note = noteText({ text, signatures: parseNote(signed).signatures });
    expect(faultOf(() => openCheckpoint(note, [key.publicKey]))).toBe('malformed_checkpoint');
  });

  it.each(['', 'a b', 'a\nb', 'a\n1\nAAAA', 'a+b', 'a\u2028b', 'a\0', 'x'.repeat(256)])(
    'has no origin %j, which could pass for other lines',
    (origin) => {
      expect(() => checkpointText({ ...checkpoint, origin })).toThrow(RangeError);
    },
  );

  it('counts whole leaves and bears a whole hash', () => {
    expect(() => checkpointText({ ...checkpoint, size: 1.5 })).toThrow(RangeError);
    expect(() => checkpointText({ ...checkpoint, size: -1 })).toThrow(RangeError);
    expect(() => checkpointText({ ...checkpoint, root: new Uint8Array(31) })).toThrow(RangeError);
  });
});
