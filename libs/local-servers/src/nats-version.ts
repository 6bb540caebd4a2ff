export interface NatsVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Reads what `nats-server --version` prints, such as `nats-server: v2.9.10`; undefined where it is something else. */
export function parseNatsVersion(printed: string): NatsVersion | undefined {
  const found = /nats-server: v(\d+)\.(\d+)\.(\d+)/.exec(printed);
  if (!found) return undefined;
  const [major, minor, patch] = found.slice(1).map(Number) as [number, number, number];
  return { major, minor, patch };
}

/** Whether a version is of that minor release or a later one. */
export function isAtLeast(version: NatsVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
