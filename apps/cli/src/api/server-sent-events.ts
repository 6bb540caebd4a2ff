/** One message of a stream of server-sent events. */
export interface ServerSentEvent {
  /** @default 'message' */
  readonly event: string;
  readonly data: string;
}

/** A message that grows beyond this many characters is no message of ours. */
export const MESSAGE_LENGTH_MAX = 1024 * 1024;

/** What was read of a message that is not whole yet. */
export interface PartOfStream {
  readonly rest: string;
}

export const NOTHING_READ: PartOfStream = { rest: '' };

/**
 * The messages that are whole with this piece of text, and what is left of it. Messages without data are left out, as
 * the standard says (WHATWG HTML, server-sent events).
 * @throws Error where a message does not end.
 */
export function readEvents(
  { rest }: PartOfStream,
  piece: string,
): { readonly events: readonly ServerSentEvent[]; readonly part: PartOfStream } {
  const blocks = (rest + piece).split(/\r\n\r\n|\n\n|\r\r/);
  const last = blocks.pop() ?? '';
  if (last.length > MESSAGE_LENGTH_MAX) throw new Error('A server-sent event does not end.');
  const events = blocks.map(eventOf).filter((event) => event.data !== '');
  return { events, part: { rest: last } };
}

function eventOf(block: string): ServerSentEvent {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return { event, data: data.join('\n') };
}
