/** What each promise of a list resolves with. */
type Answers<Promises extends readonly unknown[]> = { -readonly [Place in keyof Promises]: Awaited<Promises[Place]> };

/**
 * The answers to what was asked at once, in its order. Waits for all of them, whatever becomes of the others: where one
 * fails, nothing may still be about to be sent when the transaction is rolled back, or it would be done outside of it.
 * @throws what the first of the list that failed has thrown.
 */
export async function together<const Promises extends readonly unknown[]>(asked: Promises): Promise<Answers<Promises>> {
  const outcomes = await Promise.allSettled(asked);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }) as Answers<Promises>;
}
