const open = new Set<() => Promise<void>>();

/** Closes it also where the run is ended from outside. The answer closes it in order, and once. */
export function closing(close: () => Promise<void>): () => Promise<void> {
  const once = async (): Promise<void> => {
    if (open.delete(once)) await close();
  };
  open.add(once);
  return once;
}

/** The youngest first: what stands on another is closed before it. */
export async function closeAll(): Promise<void> {
  for (const close of [...open].reverse()) await close().catch(() => undefined);
}
