import { join } from 'node:path';

/** The workspace's folder, from `apps/bench/src` and from `apps/bench/dist` alike. */
export const ROOT = join(import.meta.dirname, '../../..');

/** What a process of ours is given of our own environment: the way to programs, and nothing else. */
export const CHILD_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: process.env['PATH'] ?? '' };
