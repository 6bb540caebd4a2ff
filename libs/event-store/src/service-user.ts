import pg from 'pg';
import { GROUP_ROLES, type ServiceRole } from './group-roles.js';

/** What an owner's connection must be able to do; a `pg.Client` and a `pg.Pool` can. */
export interface OwnerConnection {
  query(sql: string): Promise<unknown>;
}

export interface ServiceUser {
  readonly role: ServiceRole;
  /** Of the login user, e.g. `marking_service`. */
  readonly name: string;
  readonly password: string;
}

const TRIES_MAX = 5;

/**
 * Creates the login user of a service and puts it into the service's group role; an existing user gets the password
 * given here, and this role alone. The log must have been migrated before.
 */
export async function createServiceUser(owner: OwnerConnection, user: ServiceUser): Promise<void> {
  const name = pg.escapeIdentifier(user.name);
  const password = pg.escapeLiteral(user.password);
  await patiently(() => owner.query(`CREATE ROLE ${name}`), ['42710', '23505']);
  await patiently(() => owner.query(`ALTER ROLE ${name} LOGIN INHERIT PASSWORD ${password}`));
  const { [user.role]: granted, ...others } = GROUP_ROLES;
  await patiently(() => owner.query(`REVOKE ${Object.values(others).join(', ')} FROM ${name}`));
  await patiently(() => owner.query(`GRANT ${granted} TO ${name}`));
}

/**
 * Users belong to the whole server. Two who change them at once make PostgreSQL answer "tuple concurrently updated"
 * (XX000), which is worth another try; `accepted` names the answers that say it is already so.
 */
async function patiently(change: () => Promise<unknown>, accepted: readonly string[] = []): Promise<void> {
  for (let tryNumber = 1; ; tryNumber += 1) {
    try {
      await change();
      return;
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (accepted.includes(code)) return;
      if (code !== 'XX000' || tryNumber === TRIES_MAX) throw error;
    }
  }
}
