import { createDevSigner } from '@hub-export/http-edge';
import { type DevSignIn, devToken } from './dev-sign-in.js';
import type { Grant } from './sessions.service.js';

const TOKEN_SECONDS = 3_600;

/** Signs tokens for the development sign-in, as the CLI does, with the keys of the site's folder. */
export class DevSignInService {
  constructor(private readonly keysFolder: string) {}

  async grant(as: DevSignIn): Promise<Grant> {
    const signer = await createDevSigner(this.keysFolder);
    const accessToken = await signer.sign({ ...devToken(as), lifetimeSeconds: TOKEN_SECONDS });
    const endsAt = Date.now() + TOKEN_SECONDS * 1_000;
    return { accessToken, endsAt, renew: () => this.grant(as), idToken: null };
  }
}
