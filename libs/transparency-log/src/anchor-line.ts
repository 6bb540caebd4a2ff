/** One line of a sink in which checkpoints are anchored, outside of any database. */
export type AnchorLine = AnchoredCheckpoint | IntroducedKey | AnchoredAccesses;

export interface AnchoredCheckpoint {
  readonly kind: 'checkpoint';
  /** When it was signed, ISO 8601 UTC. */
  readonly anchored_at: string;
  readonly size: number;
  /** The signed checkpoint. */
  readonly note: string;
}

/** From here on another key signs. */
export interface IntroducedKey {
  readonly kind: 'key';
  readonly introduced_at: string;
  /** Leaves of the first checkpoint that it signs. */
  readonly size: number;
  /** `name+id+Base64`, as tools of signed notes write public keys. */
  readonly key: string;
}

/** How far the record of who read the audit was. */
export interface AnchoredAccesses {
  readonly kind: 'accesses';
  readonly anchored_at: string;
  /** The place of the last access. */
  readonly size: number;
  /** A signed checkpoint under the name of the log and `/accesses`; its root is the hash of that access. */
  readonly note: string;
}

/** A line of the file that is none of ours. */
export interface NoLine {
  /** `torn`: the beginning of a line, as a crash leaves it. `damaged`: anything else; it was ours and was changed, or never was. */
  readonly kind: 'torn' | 'damaged';
  /** The size that it seems to speak of, where that can still be read. */
  readonly size: number | null;
}

export const ANCHOR_LINE_LENGTH_MAX = 20_000;

/** The line, ended by a line feed; the same fact gives the same line. */
export function anchorLineText(line: AnchorLine): string {
  const { kind, size } = line;
  const fields =
    kind === 'key'
      ? { kind, size, introduced_at: line.introduced_at, key: line.key }
      : { kind, size, anchored_at: line.anchored_at, note: line.note };
  return `${JSON.stringify(fields)}\n`;
}

/** A line without its line feed, whatever it is. */
export function readAnchorLine(text: string): AnchorLine | NoLine {
  const size = Number(/"size":(\d{1,15}),/.exec(text.slice(0, ANCHOR_LINE_LENGTH_MAX))?.[1] ?? NaN);
  return (
    parseAnchorLine(text) ?? { kind: isBeginning(text) ? 'torn' : 'damaged', size: Number.isNaN(size) ? null : size }
  );
}

/**
 * What a crash leaves of a line: members and a comma each, then a part of the next one, and no closing brace, which lines
 * have at their end alone.
 */
const BEGINNING =
  /^(?:\{(?:"[a-z_]+":(?:"(?:[^"\\]|\\.)*"|\d+),)*(?:"[a-z_]*|"[a-z_]+":?|"[a-z_]+":\d+|"[a-z_]+":"(?:[^"\\}]|\\[^}]?)*"?)?)?$/;

/** The file system may have filled it up with zeros. */
function isBeginning(text: string): boolean {
  return text.length <= ANCHOR_LINE_LENGTH_MAX && BEGINNING.test(text.replace(/\0+$/, ''));
}

/** A line without its line feed; null where it is none, as the rest of one that was torn. */
export function parseAnchorLine(text: string): AnchorLine | null {
  const value = objectOf(text);
  if (value === null || !isSize(value['size'])) return null;
  const { kind, size } = value as { kind: unknown; size: number };
  const [anchored_at, note, introduced_at, key] = [
    value['anchored_at'],
    value['note'],
    value['introduced_at'],
    value['key'],
  ];
  if ((kind === 'checkpoint' || kind === 'accesses') && isMoment(anchored_at) && typeof note === 'string') {
    return { kind, anchored_at, size, note };
  }
  if (kind === 'key' && isMoment(introduced_at) && typeof key === 'string') return { kind, introduced_at, size, key };
  return null;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  if (text.length > ANCHOR_LINE_LENGTH_MAX) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMoment(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
}
