/**
 * A rule says no. The code is for machines and stays stable; the sentence is for people.
 * Neither may hold clinical text, names, paths or secrets: both are shown and recorded.
 */
export class Refusal<Code extends string = string> extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: Code,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** A rule said no. (`instanceof` alone would leave the code's type open.) */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Refusal;
}
