export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** A message that grows beyond this many characters is no message of ours. */
const MESSAGE_LENGTH_MAX = 256 * 1024;

/**
 * The messages that are whole with this piece of text, and the rest that is not whole yet (WHATWG HTML, server-sent
 * events). Messages without data are kept: a heartbeat says that the stream is alive.
 * @throws Error where a message does not end.
 */
export function readEvents(rest: string, piece: string): { events: readonly ServerSentEvent[]; rest: string } {
  const blocks = (rest + piece).split(/\r\n\r\n|\n\n|\r\r/);
  const last = blocks.pop() ?? '';
  if (last.length > MESSAGE_LENGTH_MAX) throw new Error('A server-sent event does not end.');
  return { events: blocks.map(eventOf), rest: last };
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
