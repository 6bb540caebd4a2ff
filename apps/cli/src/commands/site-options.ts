import { InvalidArgumentError } from 'commander';
import { portsFrom, PREFERRED_PORTS, type Ports } from '../site/ports.js';

/** Room for the ports that follow the base. */
const PORT_BASE_MAX = 65_000;

/** The parser of `--port-base`. */
export function parsePortBase(text: string): number {
  const base = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(base >= 1024 && base <= PORT_BASE_MAX))
    throw new InvalidArgumentError(`a number from 1024 to ${PORT_BASE_MAX}`);
  return base;
}

/** A base that is given overrules the ports of the last run. */
export function wantedPorts(base: number | undefined): { readonly ports: Ports; readonly insteadOfLast: boolean } {
  return base === undefined
    ? { ports: PREFERRED_PORTS, insteadOfLast: false }
    : { ports: portsFrom(base), insteadOfLast: true };
}
