/** The group roles of the database (NOLOGIN), by the service that works under each; a login user is granted one. */
export const GROUP_ROLES = {
  marking: 'hub_export_marking',
  transfer: 'hub_export_transfer',
  audit: 'hub_export_audit',
  /** Reads the log to verify it, and writes nothing. */
  reader: 'hub_export_reader',
} as const;

export type ServiceRole = keyof typeof GROUP_ROLES;
