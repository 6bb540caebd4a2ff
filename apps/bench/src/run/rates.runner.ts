/** Does the work again and again in so many lanes for so many seconds. Answers how often a second it was done. */
export async function rate(lanes: number, seconds: number, work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  const until = begun + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (performance.now() < until) {
        await work();
        done += 1;
      }
    }),
  );
  return done / ((performance.now() - begun) / 1000);
}

/** Does the work so many times in so many lanes. Answers how often a second it was done. */
export async function rateOf(lanes: number, count: number, work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (left > 0) {
        left -= 1;
        await work();
      }
    }),
  );
  return count / ((performance.now() - begun) / 1000);
}

/** Does the work one after the other for so many seconds. Answers how long each took, in milliseconds. */
export async function times(seconds: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  const until = performance.now() + seconds * 1000;
  const taken: number[] = [];
  while (performance.now() < until) taken.push(await timeOf(work));
  return taken;
}

/** How long the work takes, in milliseconds. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
