import { randomBytes } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';

/** What is needed when a browser comes back from the provider. */
export interface SignInUnderWay {
  readonly state: string;
  readonly verifier: string;
  readonly nonce: string;
  /** Where the browser goes then. */
  readonly next: string;
}

const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const;
const KEY_BYTES = 32;

/**
 * Sign-ins under way, each kept by the browser that began it, encrypted: nothing is kept here, so nobody can push out
 * other people's by beginning many. The key is this process's own, and ends with it, as sessions do.
 */
export class SignInCookie {
  private readonly key = randomBytes(KEY_BYTES);

  /** @param lifetimeMs after which nobody may come back with it */
  constructor(private readonly lifetimeMs: number) {}

  async seal(underWay: SignInUnderWay): Promise<string> {
    const endsAt = new Date(Date.now() + this.lifetimeMs);
    return new EncryptJWT({ ...underWay }).setProtectedHeader(ALGORITHMS).setExpirationTime(endsAt).encrypt(this.key);
  }

  /** Null where it is not one of ours, was changed, or is too old. */
  async open(cookie: string | undefined): Promise<SignInUnderWay | null> {
    if (cookie === undefined) return null;
    try {
      const { payload } = await jwtDecrypt<SignInUnderWay>(cookie, this.key, {
        keyManagementAlgorithms: [ALGORITHMS.alg],
        contentEncryptionAlgorithms: [ALGORITHMS.enc],
        requiredClaims: ['exp'],
      });
      return payload;
    } catch {
      return null;
    }
  }
}
