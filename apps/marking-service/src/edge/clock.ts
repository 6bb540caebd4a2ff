/** The present, as ISO 8601 in UTC. A token, since tests hand another. */
export type Clock = () => string;
export const CLOCK = Symbol('Clock');
