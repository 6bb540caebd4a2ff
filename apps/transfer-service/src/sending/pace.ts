/** Bytes are granted in portions of this part of a second, so that a cap is smooth. */
const PORTIONS_A_SECOND = 8;
/** No portion is larger, in bytes. */
const PORTION_MAX = 4 * 1024 * 1024;

/** How far apart requests lie at this rate, in milliseconds. */
export function requestEveryMs(requestsPerSecond: number): number {
  return 1000 / requestsPerSecond;
}

/** How many bytes are granted at once under this cap, and how long they take, in milliseconds. */
export function portionOf(bytesPerSecond: number): { readonly bytes: number; readonly takesMs: number } {
  const bytes = Math.max(1, Math.min(PORTION_MAX, Math.floor(bytesPerSecond / PORTIONS_A_SECOND)));
  return { bytes, takesMs: (bytes * 1000) / bytesPerSecond };
}
