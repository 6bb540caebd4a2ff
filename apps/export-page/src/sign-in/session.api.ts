import { csrfHeader } from '../connection/http.api.js';
import type { SessionDocument } from './signed-in.js';

export async function readSession(): Promise<SessionDocument> {
  const answer = await fetch('/session', { cache: 'no-store' });
  return answer.ok ? ((await answer.json()) as SessionDocument) : { signed_in: false };
}

/** Where the browser is to go on. */
export async function endSession(path: string): Promise<string> {
  const answer = await fetch(path, { method: 'POST', headers: csrfHeader() });
  if (!answer.ok) return '/';
  return ((await answer.json()) as { redirect_to: string }).redirect_to;
}
