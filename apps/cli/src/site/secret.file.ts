import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A random text that is made once and kept in a file only its owner can read. */
export function keptSecret(file: string, bytes = 24): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    const made = randomBytes(bytes).toString('hex');
    writeSecret(file, made);
    return made;
  }
}

/** Writes a file that only its owner can read, from its first byte on. */
export function writeSecret(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${text}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
