/** What a service's process is given of our own environment: the way to programs, and nothing else. */
export const CHILD_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: process.env['PATH'] ?? '' };
