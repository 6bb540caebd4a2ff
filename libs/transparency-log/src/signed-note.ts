import { createHash } from 'node:crypto';
import { fromBase64, toBase64 } from './base64.js';
import { NoteFault } from './note-fault.js';

/** A text with signatures below it (C2SP signed-note). */
export interface Note {
  /** What is signed, its last line feed included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  /** The name of the key: no space, no `+`. */
  readonly name: string;
  /** Eight hexadecimal digits that tell apart the keys of one name. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export const NOTE_LENGTH_MAX = 16_384;
export const SIGNATURES_MAX = 16;
export const ED25519_BYTES = 32;
const ED25519_ALGORITHM = 0x01;
const KEY_ID_BYTES = 4;

/** The id of an Ed25519 key: the first four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)`. */
export function ed25519KeyId(name: string, publicKey: Uint8Array): string {
  const hash = createHash('sha256')
    .update(name, 'utf8')
    .update(new Uint8Array([0x0a, ED25519_ALGORITHM]));
  return hash
    .update(publicKey)
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2);
}

/** A public key as notes' tools write it: `name+key id+Base64(0x01 ‖ public key)`. */
export function verifierKeyText(name: string, publicKey: Uint8Array): string {
  const key = toBase64(new Uint8Array([ED25519_ALGORITHM, ...publicKey]));
  return `${name}+${ed25519KeyId(name, publicKey)}+${key}`;
}

/** Reads what `verifierKeyText` wrote; null where it is no such text, or its id is not its key's. */
export function parseVerifierKey(text: string): { readonly name: string; readonly publicKey: Uint8Array } | null {
  const [, name = '', keyId = '', key = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = fromBase64(key);
  if (!isKeyName(name) || bytes?.length !== ED25519_BYTES + 1 || bytes[0] !== ED25519_ALGORITHM) return null;
  const publicKey = bytes.subarray(1);
  return ed25519KeyId(name, publicKey) === keyId ? { name, publicKey } : null;
}

/** Not empty, no white space, no `+`, no control characters: it can hold no line of a note. */
export function isKeyName(name: string): boolean {
  return name.length <= 255 && /^[^\s+\p{Cc}\p{Cs}]+$/u.test(name);
}

export function noteText({ text, signatures }: Note): string {
  const lines = signatures.map(
    ({ name, keyId, signature }) => `— ${name} ${toBase64(new Uint8Array([...bytesOf(keyId), ...signature]))}\n`,
  );
  return `${text}\n${lines.join('')}`;
}

/** @throws {NoteFault} `malformed_note` */
export function parseNote(note: string): Note {
  if (note.length > NOTE_LENGTH_MAX || !isPlain(note)) throw new NoteFault('malformed_note');
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new NoteFault('malformed_note');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw new NoteFault('malformed_note');
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', base64 = ''] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = fromBase64(base64);
  if (!isKeyName(name) || bytes === null || bytes.length <= KEY_ID_BYTES) throw new NoteFault('malformed_note');
  return { name, keyId: hexOf(bytes.subarray(0, KEY_ID_BYTES)), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** No control character but the line feed, nothing that UTF-8 cannot hold. */
function isPlain(text: string): boolean {
  return /^[^\p{Cc}\p{Cs}\n]*$/u.test(text.replaceAll('\n', ''));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(hex: string): readonly number[] {
  return (hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
}
