/** `node healthy.mjs <url>`: 0 where it answers 2xx within two seconds, else 1. The images have no curl. */
const [url] = process.argv.slice(2);
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
