/** What listens, with the port it has where that is free. */
export const PREFERRED_PORTS = { marking: 3001, transfer: 3002, audit: 3003, hub: 4443, hub_control: 4444 } as const;

export type PortName = keyof typeof PREFERRED_PORTS;
export type Ports = Readonly<Record<PortName, number>>;

export const PORT_NAMES = Object.keys(PREFERRED_PORTS) as readonly PortName[];

/** The ports that follow a base: base + 1 for marking, and so on in the order of `PREFERRED_PORTS`. */
export function portsFrom(base: number): Ports {
  const numbered = PORT_NAMES.map((name, index) => [name, base + index + 1] as const);
  return Object.fromEntries(numbered) as Ports;
}

/**
 * For each the port of the last run, else the wanted one, else any free one; none twice.
 */
export async function choosePorts(
  { wanted, last }: { readonly wanted: Ports; readonly last: Partial<Ports> },
  { isFree, freePort }: { isFree: (port: number) => Promise<boolean>; freePort: () => Promise<number> },
): Promise<Ports> {
  const chosen = new Map<PortName, number>();
  const isTaken = async (port: number) => [...chosen.values()].includes(port) || !(await isFree(port));
  for (const name of PORT_NAMES) {
    const candidates = [last[name], wanted[name]].filter((port) => port !== undefined);
    chosen.set(name, (await firstWhere(candidates, async (port) => !(await isTaken(port)))) ?? (await freePort()));
  }
  return Object.fromEntries(chosen) as unknown as Ports;
}

async function firstWhere(ports: readonly number[], holds: (port: number) => Promise<boolean>): Promise<number | null> {
  for (const port of ports) if (await holds(port)) return port;
  return null;
}
