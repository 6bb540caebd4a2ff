import type { KeyObject } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { ConfigurationError, type ConfigurationFault } from '@hub-export/environment';
import { isKeyName, KeyFileError, readCheckpointKey, readPublicKeys } from '@hub-export/transparency-log';
import type { CheckpointSigning } from './checkpoint-maker.service.js';
import type { CheckpointRule } from './due.js';

/** What is given of the variables of checkpoints. */
export interface CheckpointGiven {
  readonly keyFile: string | undefined;
  readonly retiredKeysFile: string | undefined;
  readonly origin: string | undefined;
  readonly folder: string | undefined;
  readonly url: string | undefined;
  readonly toStdout: boolean;
  readonly rule: CheckpointRule;
}

/** How checkpoints are made and where they go. */
export interface CheckpointConfig {
  readonly signing: CheckpointSigning;
  readonly folder: string;
  readonly url: string | null;
  readonly toStdout: boolean;
  readonly rule: CheckpointRule;
}

/**
 * With a key, all that belongs to it is needed; without one, this process makes no checkpoints.
 * @throws {ConfigurationError} with everything that is wrong with them at once.
 */
export function checkpointConfig(given: CheckpointGiven): CheckpointConfig | null {
  const { keyFile, retiredKeysFile, origin, folder, url, toStdout, rule } = given;
  const faults: ConfigurationFault[] = [];
  const fault = (variable: string, expected: string): null => {
    faults.push({ variable, expected });
    return null;
  };
  if (keyFile === undefined) return null;
  const privateKey = orFault(
    () => readCheckpointKey(keyFile),
    (text) => fault('CHECKPOINT_KEY_FILE', text),
  );
  const retiredKeys = orFault(
    (): readonly KeyObject[] => (retiredKeysFile === undefined ? [] : readPublicKeys(retiredKeysFile)),
    (text) => fault('CHECKPOINT_RETIRED_KEYS_FILE', text),
  );
  if (origin === undefined || !isKeyName(origin)) {
    fault('CHECKPOINT_ORIGIN', 'is required with a key: a name without white space and without +');
  }
  if (folder === undefined || !isAbsolute(folder)) {
    fault('CHECKPOINT_DIR', 'is required with a key: the absolute path of a folder');
  }
  if (url !== undefined && !isSafe(url)) fault('CHECKPOINT_URL', 'must be https, or http on this machine');
  if (
    privateKey === null ||
    retiredKeys === null ||
    origin === undefined ||
    folder === undefined ||
    faults.length > 0
  ) {
    throw new ConfigurationError(faults);
  }
  return { signing: { origin, privateKey, retiredKeys }, folder, url: url ?? null, toStdout, rule };
}

function orFault<Value>(read: () => Value, fault: (expected: string) => null): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof KeyFileError) return fault(`is not usable: ${error.message}`);
    throw error;
  }
}

function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}
