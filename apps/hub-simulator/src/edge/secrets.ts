import { createHash, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { type NetworkNode } from '../network.js';

/** Checked secrets are remembered, since a password hash is slow on purpose; at most this many. */
const REMEMBERED_MAX = 1000;
const remembered = new Map<string, boolean>();

/** Whether a secret is the node's, by its Django password hash or, in a simulator, by the secret itself. */
export function isSecretOf(node: NetworkNode, secret: string): boolean {
  if (node.secret_hash !== undefined) return matchesDjangoHash(node.secret_hash, secret);
  return node.secret !== undefined && equal(node.secret, secret);
}

function matchesDjangoHash(hash: string, secret: string): boolean {
  const key = createHash('sha256').update(`${hash} ${secret}`).digest('hex');
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const [algorithm, iterations, salt, expected] = hash.split('$');
  if (algorithm !== 'pbkdf2_sha256' || salt === undefined || expected === undefined) return false;
  const actual = pbkdf2Sync(secret, salt, Number(iterations), 32, 'sha256').toString('base64');
  const matches = equal(actual, expected);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(key, matches);
  return matches;
}

function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
