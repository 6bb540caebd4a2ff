/** The one center, node and hub of a measured site. */
export const CENTER = 'center-a';
export const SITE = 'site-a';
export const HUB = 'hub';
