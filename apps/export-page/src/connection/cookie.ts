/** One cookie of `document.cookie`, null where it is not there. */
export function cookieFrom(cookies: string, name: string): string | null {
  const found = cookies
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}
