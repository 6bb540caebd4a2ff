import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What a run leaves for the next one beside a server's folder, in `<folder>.server.json`. */
export interface ServerState {
  readonly pid: number;
  /** The process that started the server. */
  readonly owner: number;
  readonly port: number;
  /** nats-server only. */
  readonly monitorPort?: number;
}

/** Undefined when there was no earlier run, or when its note cannot be read: the server then starts as if new. */
export function readState(folder: string): ServerState | undefined {
  try {
    const state = JSON.parse(readFileSync(stateFile(folder), 'utf8')) as ServerState;
    return [state.pid, state.owner, state.port].every(Number.isInteger) ? state : undefined;
  } catch {
    return undefined;
  }
}

export function writeState(folder: string, state: ServerState): void {
  const aside = `${stateFile(folder)}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(state)}\n`);
  renameSync(aside, stateFile(folder));
}

function stateFile(folder: string): string {
  return `${folder}.server.json`;
}
