/**
 * One question for all who ask it meanwhile. Whoever asks while one is under way shares the next with all who do the
 * same, so that no answer is older than its question.
 */
export class AskedTogether<Answer> {
  private next: Promise<Answer> | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly ask: () => Promise<Answer>) {}

  answer(): Promise<Answer> {
    if (this.next !== null) return this.next;
    const next = this.last.then(() => {
      this.next = null;
      return this.ask();
    });
    this.next = next;
    // One that fails keeps nobody from asking again.
    this.last = next.catch(() => undefined);
    return next;
  }
}

/** Questions that are kept; what is asked is a few nodes and their files, so one that is forgotten is only asked alone. */
const KEPT_MAX = 200;

/** The same for questions of one kind, each by a name that says all that is asked. */
export class EachAskedTogether<Answer> {
  private readonly questions = new Map<string, AskedTogether<Answer>>();

  answer(name: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.questions.get(name);
    if (known !== undefined) return known.answer();
    if (this.questions.size >= KEPT_MAX) this.questions.clear();
    const question = new AskedTogether(ask);
    this.questions.set(name, question);
    return question.answer();
  }
}
