import {
  BooleanVariable,
  ConfigurationError,
  IntegerVariable,
  ListVariable,
  readVariables,
  TextVariable,
  type ConfigurationFault,
  type Environment,
} from '@hub-export/environment';
import { readFileSync } from 'node:fs';
import { readRecipientKeys } from './envelope/recipient-keys.js';
import { parseNetwork, type Network } from './network.js';
import { PROFILE_NAMES, type ProfileName } from './profiles.js';

/** Everything a simulator needs to know; certificates and keys as PEM texts. */
export interface HubSimulatorConfig {
  /** Where the hub listens; port 0 takes a free one. */
  readonly host: string;
  readonly port: number;
  /** The control interface; always on loopback. Port 0 takes a free one. */
  readonly controlPort: number;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string };
  /** What happens to callers without a good certificate; see `HubTls`. */
  readonly clientCertificates: 'optional' | 'required';
  /** The journal and the media live here, and are found again at the next start. */
  readonly dataDir: string;
  readonly profile: ProfileName;
  readonly network: Network;
  readonly maxUploadBytes: number;
  readonly leaseMs: number;
  readonly featureEnabled: boolean;
  /** X25519 private keys (PEM, PKCS#8) that envelopes may be sealed for: the current one, then retiring ones. */
  readonly recipientPrivateKeys: readonly string[];
}

/** The hub's own default: 50 GiB. */
export const MAX_UPLOAD_BYTES_DEFAULT = 53_687_091_200;
/** The hub's own default: half an hour. */
export const LEASE_MS_DEFAULT = 1_800_000;
/** A shorter lease would be renewed faster than an upload moves. */
export const LEASE_MS_MIN = 100;
/** A day. */
export const LEASE_MS_MAX = 86_400_000;

const PORT_MAX = 65_535;

/** The variables of the simulator. */
export class HubSimulatorVariables {
  // The simulator misbehaves on purpose, so it is seen from this machine only until told otherwise.
  @TextVariable({ description: 'Address the hub listens at.', default: '127.0.0.1' })
  readonly HOST!: string;

  @IntegerVariable({ description: 'Port of the hub; 0 takes a free one.', min: 0, max: PORT_MAX, default: 4443 })
  readonly PORT!: number;

  @IntegerVariable({
    description: 'Port of the control interface, on loopback; 0 takes a free one.',
    min: 0,
    max: PORT_MAX,
    default: 4444,
  })
  readonly CONTROL_PORT!: number;

  @TextVariable({ description: 'File with the certificate of the hub, PEM.' })
  readonly TLS_CERT_FILE!: string;

  @TextVariable({ description: 'File with the private key of the hub, PEM.' })
  readonly TLS_KEY_FILE!: string;

  @TextVariable({ description: 'File with the authority that client certificates must come from, PEM.' })
  readonly CLIENT_CA_FILE!: string;

  // The documented proxy asks for a certificate and leaves the refusal to the hub.
  @TextVariable({
    description: 'Whether a bad client certificate is refused by HTTP (optional) or by TLS (required).',
    oneOf: ['optional', 'required'],
    default: 'optional',
  })
  readonly CLIENT_CERTIFICATES!: 'optional' | 'required';

  @TextVariable({ description: 'Folder of the journal and the media, kept over restarts.' })
  readonly DATA_DIR!: string;

  @TextVariable({ description: 'The wire variant the hub speaks.', oneOf: PROFILE_NAMES, default: 'endoreg-3.0' })
  readonly HUB_PROFILE!: ProfileName;

  @TextVariable({ description: 'File with the nodes, centers and models the hub knows, JSON.' })
  readonly NODES_FILE!: string;

  @IntegerVariable({
    description: 'Largest media the hub takes, in bytes.',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: MAX_UPLOAD_BYTES_DEFAULT,
  })
  readonly MAX_UPLOAD_BYTES!: number;

  @IntegerVariable({
    description: 'How long an upload holds its transfer without being heard of, in milliseconds (envelope profiles).',
    min: LEASE_MS_MIN,
    max: LEASE_MS_MAX,
    default: LEASE_MS_DEFAULT,
  })
  readonly LEASE_MS!: number;

  @BooleanVariable({ description: 'The feature switch of the hub; off, every call is a 404.', default: true })
  readonly ENABLE_HUB_TRANSFERS!: boolean;

  @ListVariable({
    description: 'Files with the X25519 private keys envelopes may be sealed for, PEM; the current one first.',
    default: [],
  })
  readonly RECIPIENT_PRIVATE_KEY_FILES!: readonly string[];
}

/**
 * The one place that reads the environment, and the files it names. Says everything that is wrong at once.
 *
 * @throws ConfigurationError
 */
export function loadConfig(environment: Environment = process.env): HubSimulatorConfig {
  const variables = readVariables(HubSimulatorVariables, environment);
  const faults: ConfigurationFault[] = [];
  const content = (variable: string, path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      faults.push({ variable, expected: 'must name a readable file' });
      return '';
    }
  };
  const config: HubSimulatorConfig = {
    host: variables.HOST,
    port: variables.PORT,
    controlPort: variables.CONTROL_PORT,
    tls: {
      cert: content('TLS_CERT_FILE', variables.TLS_CERT_FILE),
      key: content('TLS_KEY_FILE', variables.TLS_KEY_FILE),
      clientCa: content('CLIENT_CA_FILE', variables.CLIENT_CA_FILE),
    },
    clientCertificates: variables.CLIENT_CERTIFICATES,
    dataDir: variables.DATA_DIR,
    profile: variables.HUB_PROFILE,
    network: networkOf(content('NODES_FILE', variables.NODES_FILE), faults),
    maxUploadBytes: variables.MAX_UPLOAD_BYTES,
    leaseMs: variables.LEASE_MS,
    featureEnabled: variables.ENABLE_HUB_TRANSFERS,
    recipientPrivateKeys: variables.RECIPIENT_PRIVATE_KEY_FILES.map((path) =>
      content('RECIPIENT_PRIVATE_KEY_FILES', path),
    ),
  };
  requireRecipientKeys(config.recipientPrivateKeys, faults);
  if (faults.length > 0) throw new ConfigurationError(faults);
  return config;
}

function networkOf(text: string, faults: ConfigurationFault[]): Network {
  try {
    return parseNetwork(JSON.parse(text));
  } catch (error) {
    // An unreadable file was told already.
    const expected = error instanceof SyntaxError ? 'must name a file of JSON' : `is wrong: ${String(error)}`;
    if (text !== '') faults.push({ variable: 'NODES_FILE', expected });
    return { nodes: [], centers: [], models: [] };
  }
}

function requireRecipientKeys(pems: readonly string[], faults: ConfigurationFault[]): void {
  try {
    readRecipientKeys(pems.filter((pem) => pem !== ''));
  } catch {
    faults.push({ variable: 'RECIPIENT_PRIVATE_KEY_FILES', expected: 'must name X25519 private keys, each once' });
  }
}
