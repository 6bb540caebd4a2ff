import fc from 'fast-check';
import { ContractFault } from '../contract-fault.js';
import { parseEvent } from '../events/parse-event.js';
import { HUB_PROFILES } from '../vocabulary.js';
import { nodeFacts, parseNodeDocument } from './node-document.js';

/** JSON to be spoilt at will. */
type Json = ReturnType<typeof JSON.parse>;
type Change = (node: Json) => void;

const site: Json = {
  role: 'site_node',
  display_name: 'Site A',
  is_active: true,
  owning_center_key: 'center-a',
  center_scope: ['center-a'],
  secret_ref: 'file:/run/secrets/site-a-node-secret',
};

const hub: Json = {
  role: 'central_hub',
  display_name: 'Hub',
  is_active: true,
  base_url: 'https://hub.example/',
  profile: 'endoreg-3.0',
  tls: { client_cert_file: '/c.pem', client_key_file: '/k.pem', ca_file: '/ca.pem' },
  recipient_public_key_file: null,
  eligible_states: ['VALIDATED'],
  limits: { concurrency: 4, requests_per_second: 5, bandwidth_bytes_per_second: null, windows: [] },
};

function faultsOf(node: unknown): readonly string[] {
  try {
    parseNodeDocument(node);
    return [];
  } catch (error) {
    if (!(error instanceof ContractFault)) throw error;
    expect(error.code).toMatch(/^(invalid_node_document|privacy_field_forbidden)$/);
    return error.faults.map(({ field, code }) => `${field} ${code}`).sort();
  }
}

function changed(node: Json, change: Change): Json {
  const copy = structuredClone(node);
  change(copy);
  return copy;
}

const pin = 'a'.repeat(64);
const night = { days: [1, 2, 3, 4, 5], from: '20:00', to: '06:00' };

describe('a node document', () => {
  it('of a site and of a hub is taken, and is recorded without its references to secrets', () => {
    for (const [key, node] of [
      ['site-a', site],
      ['hub', hub],
    ] as const) {
      const facts = nodeFacts(key, parseNodeDocument(node));
      const when = { at: '2026-11-01T10:00:00Z', by: { kind: 'user', subject: 'op' } };
      expect(parseEvent('NodeRecorded', { ...when, ...facts })).toMatchObject(facts);
      expect(JSON.stringify(facts)).not.toMatch(/secret|pem/);
    }
  });

  it.each<[string, Change, ...string[]]>([
    ['a secret itself', (n) => (n.secret_ref = 'hunter2'), 'secret_ref matches'],
    ['a secret in a relative file', (n) => (n.secret_ref = 'file:secret'), 'secret_ref matches'],
    ['no secret', (n) => delete n.secret_ref, 'secret_ref required'],
    ['a center told twice', (n) => (n.center_scope = ['a', 'a']), 'center_scope array_unique'],
    ['a center without a name', (n) => (n.center_scope = ['']), 'center_scope is_length'],
    ['members of a hub', (n) => (n.base_url = hub.base_url), 'base_url unknown_field'],
    [
      'two faults',
      (n) => ((n.is_active = 'yes'), (n.display_name = '')),
      'display_name is_length',
      'is_active is_boolean',
    ],
  ])('of a site with %s is refused', (_claim, change, ...faults) => {
    expect(faultsOf(changed(site, change))).toEqual(faults);
  });

  it.each<[string, Change, ...string[]]>([
    ['plain HTTP', (n) => (n.base_url = 'http://hub.example/'), 'base_url is_base_url'],
    ['a user in its URL', (n) => (n.base_url = 'https://u:p@hub.example/'), 'base_url is_base_url'],
    ['a query', (n) => (n.base_url = 'https://hub.example/?a=1'), 'base_url is_base_url'],
    ['an empty query', (n) => (n.base_url = 'https://hub.example/?'), 'base_url is_base_url'],
    ['a fragment', (n) => (n.base_url = 'https://hub.example/#/'), 'base_url is_base_url'],
    ['no slash at the end', (n) => (n.base_url = 'https://hub.example/hub'), 'base_url is_base_url'],
    ['a host that is none', (n) => (n.base_url = 'https://a b/'), 'base_url is_base_url'],
    ['an impossible port', (n) => (n.base_url = 'https://hub:99999/'), 'base_url is_base_url'],
    ['an unknown profile', (n) => (n.profile = 'endoreg-9'), 'profile is_in'],
    ['a state that is never eligible', (n) => (n.eligible_states = ['FAILED']), 'eligible_states is_in'],
    ['no state', (n) => (n.eligible_states = []), 'eligible_states array_min_size'],
    ['a relative certificate', (n) => (n.tls.client_cert_file = 'c.pem'), 'tls.client_cert_file matches'],
    ['no authority', (n) => delete n.tls.ca_file, 'tls.ca_file required'],
    ['nothing at the same time', (n) => (n.limits.concurrency = 0), 'limits.concurrency min'],
    ['endless requests', (n) => (n.limits.requests_per_second = 1e9), 'limits.requests_per_second max'],
    ['a trickle', (n) => (n.limits.bandwidth_bytes_per_second = 1), 'limits.bandwidth_bytes_per_second min'],
    ['an eighth day', (n) => (n.limits.windows = [{ ...night, days: [8] }]), 'limits.windows.0.days max'],
    [
      'a day told twice',
      (n) => (n.limits.windows = [{ ...night, days: [1, 1] }]),
      'limits.windows.0.days array_unique',
    ],
    [
      'a window of no day',
      (n) => (n.limits.windows = [{ ...night, days: [] }]),
      'limits.windows.0.days array_min_size',
    ],
    [
      'an hour that is none',
      (n) => (n.limits.windows = [night, { ...night, to: '24:00' }]),
      'limits.windows.1.to matches',
    ],
    ['a window as text', (n) => (n.limits.windows = ['always']), 'limits.windows is_object'],
    ['too many windows', (n) => (n.limits.windows = new Array(51).fill(night)), 'limits.windows array_max_size'],
    ['one pin without another', (n) => (n.tls.spki_sha256_pins = [pin]), 'tls.spki_sha256_pins array_min_size'],
    ['a pin told twice', (n) => (n.tls.spki_sha256_pins = [pin, pin]), 'tls.spki_sha256_pins array_unique'],
    ['a pin that is none', (n) => (n.tls.spki_sha256_pins = [pin, 'x']), 'tls.spki_sha256_pins matches'],
    ['a key file that is no path', (n) => (n.recipient_public_key_file = 'k.pem'), 'recipient_public_key_file matches'],
  ])('of a hub with %s is refused', (_claim, change, ...faults) => {
    expect(faultsOf(changed(hub, change))).toEqual(faults);
  });

  it.each(['https://hub.example/', 'https://hub.example:8443/a/b/', 'https://10.0.0.1/', 'https://[::1]:4443/'])(
    'takes %s',
    (url) => {
      expect(faultsOf({ ...hub, base_url: url, limits: { ...hub.limits, windows: [night] } })).toEqual([]);
    },
  );

  it('takes two pins, or none', () => {
    for (const spki_sha256_pins of [[pin, 'b'.repeat(64)], null, undefined]) {
      expect(faultsOf({ ...hub, tls: { ...hub.tls, spki_sha256_pins } })).toEqual([]);
    }
  });

  it.each(HUB_PROFILES)('needs the key of the recipient for %s exactly where media is sealed', (profile) => {
    const sealed = profile.includes('envelope');
    expect(faultsOf({ ...hub, profile })).toEqual(sealed ? ['recipient_public_key_file is_string'] : []);
    expect(faultsOf({ ...hub, profile, recipient_public_key_file: '/hub.pem' })).toEqual([]);
  });

  it.each([undefined, 'standalone'])('of role %s is refused', (role) => {
    expect(faultsOf({ ...site, role })).toEqual([role ? 'role is_in' : 'role required']);
  });

  it('of any JSON is refused, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(hub)), (value, member) => {
        expect(faultsOf(value)).not.toEqual([]);
        faultsOf({ ...hub, [member]: value });
        faultsOf({ ...site, [member]: value });
      }),
    );
  });
});
