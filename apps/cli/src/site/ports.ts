/** What listens, with the port it has where that is free. */
export const PREFERRED_PORTS = {
  page: 3000,
  marking: 3001,
  transfer: 3002,
  audit: 3003,
  hub: 4443,
  hub_control: 4444,
} as const;

export type PortName = keyof typeof PREFERRED_PORTS;
export type Ports = Readonly<Record<PortName, number>>;

export const PORT_NAMES = Object.keys(PREFERRED_PORTS) as readonly PortName[];

/** A machine whose free ports are all taken in between this often has none. */
export const TRIES_MAX = 20;

/** The ports that begin at a base: the page's there, marking's next, and so on in the order of `PREFERRED_PORTS`. */
export function portsFrom(base: number): Ports {
  const numbered = PORT_NAMES.map((name, index) => [name, base + index] as const);
  return Object.fromEntries(numbered) as Ports;
}

export interface PortChoice {
  readonly wanted: Ports;
  readonly last: Partial<Ports>;
  /** Takes a port for this site alone; false where it is not free, or another site has taken it. */
  readonly take: (port: number) => Promise<boolean>;
  /** A port that nobody listens on. */
  readonly freePort: () => Promise<number>;
}

/**
 * For each the port of the last run, else the wanted one, else any free one.
 * @throws Error where no port is free.
 */
export async function choosePorts({ wanted, last, take, freePort }: PortChoice): Promise<Ports> {
  const chosen = new Map<PortName, number>();
  for (const name of PORT_NAMES) {
    const known = [last[name], wanted[name]].filter((port) => port !== undefined);
    chosen.set(name, (await firstTaken(known, take)) ?? (await anyPort(take, freePort)));
  }
  return Object.fromEntries(chosen) as Ports;
}

async function firstTaken(ports: readonly number[], take: PortChoice['take']): Promise<number | null> {
  for (const port of ports) if (await take(port)) return port;
  return null;
}

async function anyPort(take: PortChoice['take'], freePort: PortChoice['freePort']): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = await freePort();
    if (await take(port)) return port;
  }
  throw new Error('No free port was found.');
}
