import type { DevToken } from '@hub-export/http-edge';

/** Whom one can be in development: each role alone, as a site would give them out, and all at once. */
export const DEV_SIGN_INS = ['viewer', 'operator', 'operations', 'auditor', 'everything'] as const;

export type DevSignIn = (typeof DEV_SIGN_INS)[number];

const ROLES: Readonly<Record<DevSignIn, DevToken['roles']>> = {
  viewer: ['hub_export:read'],
  operator: ['hub_export:read', 'hub_export:write'],
  operations: ['hub_export:read', 'hub_export:write', 'hub_export:operate'],
  auditor: ['hub_export:read', 'hub_export:audit'],
  everything: ['hub_export:read', 'hub_export:write', 'hub_export:operate', 'hub_export:audit'],
};

/** The token of such a person, who sees all centers. */
export function devToken(as: DevSignIn): DevToken {
  return {
    sub: `dev-${as}`,
    name: `Development: ${as}`,
    roles: [...ROLES[as], 'center_scope:global_admin'],
  };
}

export function isDevSignIn(asked: unknown): asked is DevSignIn {
  return DEV_SIGN_INS.some((known) => known === asked);
}

/** The page on which one chooses: links alone, so that it needs no script. */
export function devSignInPage(next: string): string {
  const links = DEV_SIGN_INS.map((as) => {
    const roles = ROLES[as].map((role) => role.replace('hub_export:', '')).join(', ');
    return `<li><a href="/session/dev-sign-in?as=${as}&amp;next=${encodeURIComponent(next)}">${as}</a> (${roles})</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Development sign-in</title></head>
<body>
<h1>Development sign-in</h1>
<p>Whom do you want to be? Real sites sign in with their own provider.</p>
<ul>
${links.join('\n')}
</ul>
</body>
</html>
`;
}
