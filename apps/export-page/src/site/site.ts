/** An operational requirement, as transfer-service judges it. */
export interface Requirement {
  readonly code: string;
  readonly passed: boolean;
  readonly message: string;
  readonly remedy: string;
}

export interface TargetReadiness {
  readonly target_node_key: string | null;
  readonly source_node_key: string | null;
  readonly ready: boolean;
  readonly requirements: readonly Requirement[];
}

export interface Readiness {
  readonly ready: boolean;
  readonly targets: readonly TargetReadiness[];
}

export interface Actor {
  readonly kind: 'user' | 'system';
  readonly subject?: string;
  readonly name?: string | null;
  readonly reason?: string;
}

export interface Egress {
  readonly open: boolean;
  readonly since: string | null;
  readonly by: Actor | null;
}

export interface NetworkNode {
  readonly node_key: string;
  readonly role: 'site_node' | 'central_hub';
  readonly display_name: string;
  readonly is_active: boolean;
  readonly owning_center_key: string | null;
  readonly center_scope: readonly string[];
  readonly base_url: string | null;
  readonly profile: string | null;
  readonly eligible_states: readonly string[];
  readonly since: string;
  readonly material_faults: readonly string[];
  readonly certificate_ends_at: string | null;
}

export interface Probe {
  readonly node_key: string;
  readonly reachable: boolean;
  readonly code: string | null;
  readonly http_status: number | null;
  readonly duration_ms: number;
}

/** The hubs that a mark may name. */
export function activeHubs(nodes: readonly NetworkNode[]): readonly NetworkNode[] {
  return nodes.filter(({ role, is_active }) => role === 'central_hub' && is_active);
}

/** What is judged for the hub that is looked at; for any, where none is chosen. */
export function readinessFor(readiness: Readiness, target: string | null): TargetReadiness | null {
  const { targets } = readiness;
  return (
    (target === null ? targets.find(({ ready }) => !ready) : undefined) ??
    targets.find(({ target_node_key }) => target_node_key === target) ??
    targets[0] ??
    null
  );
}

/** Warn so many days before a certificate ends. */
export const CERTIFICATE_WARNING_DAYS = 30;

/** Whole days until a certificate ends, negative when it is over; null where there is none. */
export function daysLeft(endsAt: string | null, nowMs: number): number | null {
  return endsAt === null ? null : Math.floor((Date.parse(endsAt) - nowMs) / 86_400_000);
}

/** The name of whoever acted, or the reason for which the system did. */
export function actorName(actor: Actor): string {
  return actor.kind === 'system' ? `system:${actor.reason ?? ''}` : (actor.name ?? actor.subject ?? '');
}
