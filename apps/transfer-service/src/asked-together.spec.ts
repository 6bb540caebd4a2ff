import { AskedTogether } from './asked-together.js';

describe('what is asked together', () => {
  let asked: number;
  let open: ((answer: string) => void)[];
  let fail: ((error: Error) => void)[];
  let question: AskedTogether<string>;

  beforeEach(() => {
    asked = 0;
    [open, fail] = [[], []];
    question = new AskedTogether(() => {
      asked += 1;
      return new Promise((resolve, reject) => {
        open.push(resolve);
        fail.push(reject);
      });
    });
  });

  const turn = () => new Promise(setImmediate);

  it('is asked once for all in the same breath', async () => {
    const answers = [question.answer(), question.answer()];
    await turn();
    open[0]?.('a');
    expect(await Promise.all(answers)).toEqual(['a', 'a']);
    expect(asked).toBe(1);
  });

  it('never gets an answer to a question that was under way before, and waits for it', async () => {
    const first = question.answer();
    await turn();
    const later = [question.answer(), question.answer()];
    await turn();
    expect(asked).toBe(1);
    open[0]?.('old');
    expect(await first).toBe('old');
    await turn();
    expect(asked).toBe(2);
    open[1]?.('new');
    expect(await Promise.all(later)).toEqual(['new', 'new']);
  });

  it('fails for all who asked it, and is asked anew by the next', async () => {
    const failed = Promise.allSettled([question.answer(), question.answer()]);
    await turn();
    const next = question.answer();
    fail[0]?.(new Error('away'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await turn();
    open[1]?.('there');
    expect(await next).toBe('there');
  });
});
