export { ANCHOR_FILE, AnchorFile, readAnchorFile, type ReadLine } from './anchor.file.js';
export {
  type AnchoredAccesses,
  type AnchoredCheckpoint,
  type AnchorLine,
  anchorLineText,
  type IntroducedKey,
  type NoLine,
  parseAnchorLine,
  readAnchorLine,
} from './anchor-line.js';
export { fromBase64, toBase64 } from './base64.js';
export { type Checkpoint, checkpointText, parseCheckpointText } from './checkpoint.js';
export {
  KeyFileError,
  type KeyFileFault,
  publicKeyOf,
  readCheckpointKey,
  readPublicKeys,
  writeCheckpointKey,
} from './checkpoint-key.file.js';
export { openCheckpoint, rawPublicKey, signCheckpoint, type VerifiedCheckpoint } from './checkpoint.signer.js';
export { type CompactRange, EMPTY_RANGE, rangeRoot, withLeaf } from './compact-range.js';
export { consistencyPath, provesConsistency } from './consistency.js';
export { ENTRY_LEAF_KIND, entryLeaf } from './entry-leaf.js';
export { inclusionPath, provesInclusion } from './inclusion.js';
export { NoteFault, type NoteFaultCode } from './note-fault.js';
export {
  ed25519KeyId,
  isKeyName,
  type Note,
  noteText,
  parseNote,
  parseVerifierKey,
  verifierKeyText,
} from './signed-note.js';
export { type Node, nodesOf, type Span } from './span.js';
export {
  nodeInTile,
  perfectRoot,
  TILE_BYTES,
  TILE_HEIGHT,
  TILE_WIDTH,
  tileHashes,
  tileOf,
  type TilePlace,
} from './tile.js';
export { EMPTY_ROOT, type Hash, HASH_BYTES, isSameHash, leafHash, nodeHash, rootOf } from './tree-hash.js';
