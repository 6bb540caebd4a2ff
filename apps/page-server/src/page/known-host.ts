const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a request was meant for this server: a name that leads here without being known here is somebody else's page
 * that wants to pass for this one (DNS rebinding).
 * @param header `Host`
 */
export function isKnownHost(header: string | undefined, publicUrl: string | null): boolean {
  const host = (header ?? '').replace(/:\d{1,5}$/, '').toLowerCase();
  return LOOPBACK.includes(host) || (publicUrl !== null && host === new URL(publicUrl).hostname);
}
