const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, in powers of 1,000: `3.0 MB`. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const digits = power === 0 ? 0 : 1;
  return `${(bytes / 1000 ** power).toFixed(digits)} ${UNITS[power]}`;
}

/** How far an upload is: `1.5 of 3.0 MB, 50 %, 2.0 MB/s`. */
export function progressText(sent: number, total: number, bytesPerSecond: number): string {
  const share = total === 0 ? 100 : Math.floor((100 * sent) / total);
  return `${bytesText(sent)} of ${bytesText(total)}, ${share} %, ${bytesText(bytesPerSecond)}/s`;
}
