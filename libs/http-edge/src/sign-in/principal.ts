/** What a signed-in caller may be asked to do (design: Auth). */
export const ROLES = [
  'hub_export:read',
  'hub_export:write',
  'hub_export:operate',
  'hub_export:audit',
  'hub_export:site',
] as const;

/**
 * `read` sees; `write` marks, queues, retries and holds, and implies `read`; `operate` changes nodes, egress and
 * recovery; `audit` reads the audit; `site` hands over resource snapshots. No other role implies another.
 */
export type Role = (typeof ROLES)[number];

/** Who calls, as the verified token says it; nothing of it ever comes from a body. */
export interface Principal {
  /** The token's `sub`, 1 to 255 characters. */
  readonly subject: string;
  /** The name at that moment, null where the token has none. */
  readonly name: string | null;
  readonly roles: ReadonlySet<Role>;
  /** The center keys whose resources the caller sees; an empty list sees nothing. */
  readonly centers: readonly string[] | 'all';
}

/** The actor that events record. */
export interface UserActor {
  readonly kind: 'user';
  readonly subject: string;
  readonly name: string | null;
}

/** The principal as the actor of an event. */
export function actorOf({ subject, name }: Principal): UserActor {
  return { kind: 'user', subject, name };
}

/** Whether the caller has at least one of these roles. */
export function hasRole(principal: Principal, roles: readonly Role[]): boolean {
  return roles.some((role) => principal.roles.has(role));
}

/** Whether a center's resources are within the caller's scope; elsewhere they are answered as unknown (404). */
export function seesCenter({ centers }: Principal, centerKey: string): boolean {
  return centers === 'all' || centers.includes(centerKey);
}

/**
 * Reads the claims of a verified token. Roles stand in `roles`, `realm_access.roles` or
 * `resource_access[audience].roles`; centers in `centers` (list) or `center_key` (text). Undefined where the token has
 * no usable subject, or is not one for access: an identity token must not open an interface.
 */
export function principalFrom(claims: Readonly<Record<string, unknown>>, audience: string): Principal | undefined {
  const subject = textOf(claims['sub']);
  if (subject === undefined || !isForAccess(claims)) return undefined;
  const granted = [
    ...textsOf(claims['roles']),
    ...textsOf(memberOf(claims['realm_access'], 'roles')),
    ...textsOf(memberOf(memberOf(claims['resource_access'], audience), 'roles')),
  ];
  return {
    subject,
    name: textOf(claims['name']) ?? textOf(claims['preferred_username']) ?? null,
    roles: new Set(granted.flatMap(rolesOf)),
    centers: granted.includes(ALL_CENTERS) ? 'all' : centersOf(claims),
  };
}

const ALL_CENTERS = 'center_scope:global_admin';
const TEXT_LENGTH_MAX = 255;
const LIST_LENGTH_MAX = 1_000;

/** The roles of lx-annotate's own tokens are understood too: `data:read` and `data:write`. */
function rolesOf(granted: string): readonly Role[] {
  if (granted === 'data:read') return ['hub_export:read'];
  if (granted === 'data:write' || granted === 'hub_export:write') return ['hub_export:write', 'hub_export:read'];
  return ROLES.filter((role) => role === granted);
}

/** Keycloak writes the kind of token into the claim `typ`: `Bearer` for access, `ID` and `Refresh` for the others. */
function isForAccess(claims: Readonly<Record<string, unknown>>): boolean {
  return claims['typ'] === undefined || claims['typ'] === 'Bearer';
}

function centersOf(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const single = textOf(claims['center_key']);
  return [...new Set([...textsOf(claims['centers']), ...(single === undefined ? [] : [single])])];
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function textsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, LIST_LENGTH_MAX).flatMap((entry: unknown) => textOf(entry) ?? []);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= TEXT_LENGTH_MAX ? value : undefined;
}
