import type { HubWord } from './verification.js';

const LIMIT_MS = 10_000;

/** Asks the simulated hub what it holds. Another way than the one the transfer took, so that it can contradict. */
export async function askHub(controlUrl: string, transferKey: string, mediaSha256: string): Promise<HubWord> {
  const transfer = await ask(`${controlUrl}/transfers/${encodeURIComponent(transferKey)}`);
  const stored = await ask(`${controlUrl}/media/${mediaSha256}`);
  return {
    transfer: transfer as HubWord['transfer'],
    storedMedia: (stored ?? { exists: false, size: null }) as HubWord['storedMedia'],
  };
}

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  const body: unknown = await response.json();
  return response.ok ? body : null;
}
