/** One line of a sink in which checkpoints are anchored, outside of any database. */
export type AnchorLine = AnchoredCheckpoint | IntroducedKey;

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

export const ANCHOR_LINE_LENGTH_MAX = 20_000;

/** The line, ended by a line feed; the same fact gives the same line. */
export function anchorLineText(line: AnchorLine): string {
  const { kind, size } = line;
  const fields =
    kind === 'checkpoint'
      ? { kind, size, anchored_at: line.anchored_at, note: line.note }
      : { kind, size, introduced_at: line.introduced_at, key: line.key };
  return `${JSON.stringify(fields)}\n`;
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
  if (kind === 'checkpoint' && isMoment(anchored_at) && typeof note === 'string') {
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
