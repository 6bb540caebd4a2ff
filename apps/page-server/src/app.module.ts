import type { HttpEdge } from '@hub-export/http-edge';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config.js';
import { PAGE_FACTS, PageConfigController } from './page/page-config.controller.js';
import { BrowserEdge } from './session/browser.edge.js';
import { DevSignInService } from './session/dev-sign-in.service.js';
import { OidcClient } from './session/oidc.client.js';
import { SessionController, SIGN_IN_WAY, type SignInWay } from './session/session.controller.js';
import { Sessions } from './session/sessions.service.js';

/** The one file that knows all parts of page-server. */
@Module({})
export class AppModule {
  static with(config: Config, edge: HttpEdge): DynamicModule {
    const { page, signIn } = config;
    return {
      module: AppModule,
      imports: [edge.module],
      controllers: [PageConfigController, SessionController],
      providers: [
        { provide: PAGE_FACTS, useValue: { page, signIn } },
        { provide: SIGN_IN_WAY, useFactory: () => signInWay(config) },
        { provide: Sessions, useFactory: () => new Sessions(edge.verifier, config.sessions) },
        {
          provide: BrowserEdge,
          inject: [Sessions],
          useFactory: (sessions: Sessions) => new BrowserEdge(sessions, config.publicUrl),
        },
      ],
    };
  }
}

function signInWay({ signIn, publicUrl }: Config): SignInWay {
  return signIn.mode === 'dev'
    ? { dev: new DevSignInService(signIn.keysFolder) }
    : { oidc: new OidcClient(signIn, publicUrl ?? '') };
}
