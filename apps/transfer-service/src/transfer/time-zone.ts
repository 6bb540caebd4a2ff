/** The token of the IANA name in which the hubs' time windows are read. */
export const TIME_ZONE = Symbol('TimeZone');
