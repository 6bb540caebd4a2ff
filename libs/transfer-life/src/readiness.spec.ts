import type { NodeFacts } from '@hub-export/contracts';
import { activeHubs, type MaterialFault, type Readiness, readinessOf, type RequirementCode } from './readiness.js';
import { HUB, readinessFacts, SITE } from './testing/resources.js';

const NO_FAULTS = { 'site-a': [], hub: [] };

function readiness(
  nodes: readonly NodeFacts[] = [SITE, HUB],
  faults: Record<string, MaterialFault[]> = NO_FAULTS,
): Readiness {
  return readinessOf(readinessFacts(nodes, faults), 'hub');
}

function failedCodes({ requirements }: Readiness): readonly RequirementCode[] {
  return requirements.filter(({ passed }) => !passed).map(({ code }) => code);
}

describe('the node is ready', () => {
  it('when every operational requirement is met, and says each of them', () => {
    const { ready, requirements, siteNode, hub } = readiness();
    expect(ready).toBe(true);
    expect(requirements.map(({ code }) => code)).toEqual([
      'active_site_node',
      'source_center_scope',
      'node_secret',
      'active_target_hub',
      'hub_base_url',
      'hub_tls_material',
    ]);
    expect([siteNode, hub]).toEqual([SITE, HUB]);
    expect(requirements.map(({ remedy }) => remedy).join('')).toBe('');
  });

  it('for a transfer only in the name of the node that is active now', () => {
    const facts = readinessFacts([SITE, HUB], NO_FAULTS);
    expect(readinessOf(facts, 'hub', 'site-a').ready).toBe(true);
    expect(failedCodes(readinessOf(facts, 'hub', 'site-before'))).toEqual(['active_site_node']);
  });

  it('whatever other nodes there are that are not active, or are another hub', () => {
    const others = [
      { ...SITE, node_key: 'site-old', is_active: false },
      { ...HUB, node_key: 'hub-2', base_url: null },
      { ...HUB, node_key: 'hub-old', is_active: false },
    ];
    expect(readiness([...others, SITE, HUB]).ready).toBe(true);
  });
});

describe('a client certificate that is about to end', () => {
  it.each<[number, string | undefined]>([
    [400, undefined],
    [30, undefined],
    [29, 'certificate_ends_within_30_days'],
    [13, 'certificate_ends_within_14_days'],
    [2, 'certificate_ends_within_3_days'],
    [0, 'certificate_ends_within_3_days'],
  ])('in %d days is met all the same, and warned of: %s', (daysLeft, warning) => {
    const certificateDaysLeft = new Map([['hub', daysLeft]]);
    const { ready, requirements } = readinessOf({ ...readinessFacts(), certificateDaysLeft }, 'hub');
    expect(ready).toBe(true);
    expect(requirements.map((requirement) => requirement.warning).filter(Boolean)).toEqual(warning ? [warning] : []);
    if (warning !== undefined) expect(requirements.at(-1)?.message).toContain(`in ${daysLeft} days`);
  });
});

describe('the node is not ready', () => {
  it.each<[string, readonly NodeFacts[], RequirementCode]>([
    ['the site node has no owning center', [{ ...SITE, owning_center_key: null }, HUB], 'source_center_scope'],
    ['the site node has no center in scope', [{ ...SITE, center_scope: [] }, HUB], 'source_center_scope'],
    ['the hub has no base URL', [SITE, { ...HUB, base_url: null }], 'hub_base_url'],
    ['the hub has no profile', [SITE, { ...HUB, profile: null }], 'hub_base_url'],
  ])('when %s, and for that alone', (_claim, nodes, code) => {
    const state = readiness(nodes);
    expect(state.ready).toBe(false);
    expect(failedCodes(state)).toEqual([code]);
  });

  it.each<[string, Record<string, MaterialFault[]>, RequirementCode]>([
    ['the secret is missing', { ...NO_FAULTS, 'site-a': ['secret_missing'] }, 'node_secret'],
    ['nobody looked at the secret yet', { hub: [] }, 'node_secret'],
    ['nobody looked at the certificates yet', { 'site-a': [] }, 'hub_tls_material'],
    [
      'the client certificate is unreadable',
      { ...NO_FAULTS, hub: ['client_certificate_unreadable'] },
      'hub_tls_material',
    ],
    ['the key is unreadable', { ...NO_FAULTS, hub: ['client_key_unreadable'] }, 'hub_tls_material'],
    ['the CA is unreadable', { ...NO_FAULTS, hub: ['ca_unreadable'] }, 'hub_tls_material'],
    ['key and certificate do not match', { ...NO_FAULTS, hub: ['certificate_key_mismatch'] }, 'hub_tls_material'],
    ['the certificate has expired', { ...NO_FAULTS, hub: ['certificate_expired'] }, 'hub_tls_material'],
    ['the certificate is not valid yet', { ...NO_FAULTS, hub: ['certificate_not_yet_valid'] }, 'hub_tls_material'],
    ['the recipient key is unreadable', { ...NO_FAULTS, hub: ['recipient_key_unreadable'] }, 'hub_tls_material'],
    ['the hub is where none may be', { ...NO_FAULTS, hub: ['base_url_not_allowed'] }, 'hub_base_url'],
  ])('when %s, and for that alone', (_claim, faults, code) => {
    const state = readiness([SITE, HUB], faults);
    expect(state.ready).toBe(false);
    expect(failedCodes(state)).toEqual([code]);
  });

  const SITE_SIDE = ['active_site_node', 'source_center_scope', 'node_secret'];
  const HUB_SIDE = ['active_target_hub', 'hub_base_url', 'hub_tls_material'];

  it('without an active site node, so that nothing of it can be met', () => {
    expect(failedCodes(readiness([HUB]))).toEqual(SITE_SIDE);
    expect(failedCodes(readiness([{ ...SITE, is_active: false }, HUB]))).toEqual(SITE_SIDE);
  });

  it('with two active site nodes, and takes neither of them', () => {
    const state = readiness([SITE, { ...SITE, node_key: 'site-b' }, HUB]);
    expect(failedCodes(state)).toEqual(SITE_SIDE);
    expect(state.siteNode).toBeNull();
    expect(state.requirements[0]?.message).toBe('More than one local site node is active.');
  });

  it('without an active hub of that name', () => {
    expect(failedCodes(readiness([SITE]))).toEqual(HUB_SIDE);
    expect(failedCodes(readiness([SITE, { ...HUB, is_active: false }]))).toEqual(HUB_SIDE);
    expect(failedCodes(readiness([SITE, { ...HUB, node_key: 'hub-2' }]))).toEqual(HUB_SIDE);
  });

  it('where the target is no hub', () => {
    const state = readinessOf(readinessFacts(), 'site-a');
    expect(failedCodes(state)).toEqual(HUB_SIDE);
    expect(state.hub).toBeNull();
  });

  it('and each requirement that fails says what to do and who can', () => {
    for (const { passed, message, remedy } of readiness([]).requirements) {
      expect(passed).toBe(false);
      expect(message).toMatch(/\.$/);
      expect(remedy).toMatch(/^Operations: .+\.$/);
    }
  });
});

describe('a mark may name', () => {
  it('only hubs that are active', () => {
    const nodes = [SITE, HUB, { ...HUB, node_key: 'hub-2' }, { ...HUB, node_key: 'hub-old', is_active: false }];
    expect(activeHubs(nodes).map(({ node_key }) => node_key)).toEqual(['hub', 'hub-2']);
  });
});
