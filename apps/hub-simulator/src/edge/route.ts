import { html, type Answer } from '../answer.js';
import { type Step } from '../journal/record.js';

/** Where a request goes: to one of the three calls, or to an answer that Django gives without asking the hub. */
export interface Route {
  readonly step: Step;
  /** The key in the path; null for a registration, which carries it in its body. */
  readonly transferKey: string | null;
  /** The answer of a request that goes nowhere. */
  readonly answer?: Answer;
}

const ROOT = '/api/media/hub/transfers/';
const ROUTES: readonly { readonly step: Exclude<Step, 'other'>; readonly method: string; readonly path: RegExp }[] = [
  { step: 'create', method: 'POST', path: /^$/ },
  { step: 'media', method: 'POST', path: /^([^/]+)\/media\/$/ },
  { step: 'status', method: 'GET', path: /^([^/]+)\/status\/$/ },
];

/** Finds the way of a request; hub contract 1.1. The slash at the end is part of every route. */
export function routeOf(method: string, url: string): Route {
  const path = decoded(url.split('?')[0] ?? '');
  for (const route of ROUTES) {
    const match = path?.startsWith(ROOT) ? route.path.exec(path.slice(ROOT.length)) : null;
    if (match == null) continue;
    const found = { step: route.step, transferKey: match[1] ?? null };
    return method === route.method ? found : { ...found, step: 'other', answer: methodNotAllowed(route.method) };
  }
  const missesSlash = path !== undefined && !path.endsWith('/') && matchesAny(`${path}/`);
  return { step: 'other', transferKey: null, answer: missesSlash ? redirect(`${url}/`) : html(404, 'Not Found') };
}

function matchesAny(path: string): boolean {
  return path.startsWith(ROOT) && ROUTES.some((route) => route.path.test(path.slice(ROOT.length)));
}

function methodNotAllowed(allowed: string): Answer {
  return { status: 405, body: { detail: 'Method not allowed.' }, headers: { allow: `${allowed}, OPTIONS` } };
}

function redirect(location: string): Answer {
  return { status: 301, body: '', headers: { location, 'content-type': 'text/html; charset=utf-8' } };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
