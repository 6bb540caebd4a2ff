const PATH_LENGTH_MAX = 1_024;

/** Where a browser goes after sign-in: a path of this origin, whatever was asked for; else the page's beginning. */
export function nextPath(asked: unknown): string {
  if (typeof asked !== 'string' || asked.length > PATH_LENGTH_MAX) return '/';
  // `//host` and `/\host` are other origins to a browser; a control character could be read over.
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(asked) ? asked : '/';
}
