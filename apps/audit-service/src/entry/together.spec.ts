import { describe, expect, it } from '@jest/globals';
import { together } from './together.js';

describe('what is asked together', () => {
  it('is answered in its order', async () => {
    expect(await together([Promise.resolve(1), 'two', Promise.resolve(3)])).toEqual([1, 'two', 3]);
  });

  it('fails as the first that failed, and not before the others have come to their end', async () => {
    const ended: string[] = [];
    let goOn: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (goOn = resolve)).then(() => ended.push('slow'));
    const outcome = together([slow, Promise.reject(new Error('one')), Promise.reject(new Error('two'))]).catch(
      (error: unknown) => ended.push(String(error)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual([]);
    goOn();
    await outcome;
    expect(ended).toEqual(['slow', 'Error: one']);
  });
});
