import type { Writable } from 'node:stream';

const PIECE = Buffer.alloc(64 * 1024, ' ');

/** Writes so many blanks, as fast as they are taken; ends early where nobody is there any more. */
export async function writeFill(answer: Writable, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !answer.destroyed; left -= PIECE.length) {
    if (!answer.write(PIECE.subarray(0, left))) await takenOrClosed(answer);
  }
}

/** Leaves no listener behind: an answer of many pieces waits often. */
function takenOrClosed(answer: Writable): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      answer.off('drain', go).off('close', go);
      resolve();
    };
    answer.on('drain', go).on('close', go);
  });
}
