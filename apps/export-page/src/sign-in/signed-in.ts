/** What the pages offer; the services decide by the same roles and refuse the rest. */
export type Right = 'read' | 'write' | 'operate' | 'audit';

/** What the origin tells of the session. */
export interface SessionDocument {
  readonly signed_in: boolean;
  readonly subject?: string;
  readonly name?: string | null;
  readonly roles?: readonly string[];
  readonly centers?: readonly string[] | 'all';
  readonly expires_at?: string;
}

export interface SignedIn {
  readonly subject: string;
  readonly name: string;
  readonly rights: ReadonlySet<Right>;
}

/** Null where nobody is signed in. */
export function signedInFrom({ signed_in, subject, name, roles = [] }: SessionDocument): SignedIn | null {
  if (!signed_in || subject === undefined) return null;
  return { subject, name: name ?? subject, rights: new Set(roles.flatMap(rightsOf)) };
}

function rightsOf(role: string): readonly Right[] {
  switch (role) {
    case 'hub_export:read':
      return ['read'];
    case 'hub_export:write':
      return ['write', 'read'];
    case 'hub_export:operate':
      return ['operate'];
    case 'hub_export:audit':
      return ['audit'];
    default:
      return [];
  }
}
