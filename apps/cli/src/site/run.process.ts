const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Somebody ended the run: Ctrl-C, or a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Aborted with `Interrupted` at the first signal that asks this process to end. Later ones change nothing: it is ending. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => controller.abort(new Interrupted(`Ended by ${name}.`)));
  }
  // A reader that went away (`| head`) must not end us before everything is stopped.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  return controller.signal;
}

/** Waits for the signal, and keeps this process alive meanwhile. */
export async function untilInterrupted(signal: AbortSignal): Promise<never> {
  const alive = setInterval(() => undefined, 60_000);
  try {
    return await new Promise<never>((_, reject) => {
      const end = () => reject(signal.reason as Error);
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
    });
  } finally {
    clearInterval(alive);
  }
}
