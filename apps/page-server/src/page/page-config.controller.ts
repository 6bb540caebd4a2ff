import { Public } from '@hub-export/http-edge';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type BrowserSignIn, type PageSettings, SERVICE } from '../config.js';
import { DEV_SIGN_INS } from '../session/dev-sign-in.js';

export interface PageFacts {
  readonly page: PageSettings;
  readonly signIn: BrowserSignIn;
}
export const PAGE_FACTS = Symbol('PageFacts');

/** What the page has to know before anybody has signed in. Nothing of it is secret. */
interface PageConfigDocument {
  readonly auth_mode: 'dev' | 'oidc';
  readonly oidc: { readonly authority: string; readonly client_id: string; readonly scopes: string } | null;
  readonly dev_sign_ins: readonly string[];
  readonly sign_in_path: string;
  readonly sign_out_path: string;
  readonly site_name: string;
  readonly shows_file_names: boolean;
  readonly auto_queue: boolean;
  readonly reversibility_window_seconds: number;
  readonly k_anonymity_min: number;
  readonly version: string;
}

@Public()
@ApiTags('page')
@Controller()
export class PageConfigController {
  constructor(@Inject(PAGE_FACTS) private readonly facts: PageFacts) {}

  @Get('page-config.json')
  @ApiOperation({ summary: 'How the site is set up, as far as the page shows it.' })
  read(): PageConfigDocument {
    const { page, signIn } = this.facts;
    return {
      auth_mode: signIn.mode,
      oidc:
        signIn.mode === 'oidc' ? { authority: signIn.issuer, client_id: signIn.clientId, scopes: signIn.scopes } : null,
      dev_sign_ins: signIn.mode === 'dev' ? DEV_SIGN_INS : [],
      sign_in_path: '/session/sign-in',
      sign_out_path: '/session/sign-out',
      site_name: page.siteName,
      shows_file_names: page.showsFileNames,
      auto_queue: page.autoQueue,
      reversibility_window_seconds: page.reversibilityWindowSeconds,
      k_anonymity_min: page.kAnonymityMin,
      version: SERVICE.version,
    };
  }
}
