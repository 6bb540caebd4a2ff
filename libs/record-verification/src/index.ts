export { type Access, accessHash, accessOrigin, FIRST_ACCESS_HASH, type RecordedAccess } from './access-chain.js';
export { type AccessFinding, type AccessFindingCode, type AccessReport } from './access-walk.js';
export { type SignerKey, type Trust } from './anchored.js';
export { postgresSources, type Query } from './postgres-site.reader.js';
export { type Step, step, type Walk, WALK_START, type WalkedEntry, walkedPast, walkedRoot } from './record-walk.js';
export { LISTED_MAX, type PlaceRange, type SiteFinding, type SiteFindingCode, type SiteReport } from './site-report.js';
export { type SiteSources } from './site-sources.js';
export { verifySite, type VerifyOptions } from './verify-site.js';
