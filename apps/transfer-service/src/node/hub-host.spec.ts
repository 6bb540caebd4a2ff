import { hubHostFault } from './hub-host.js';

const NONE = { allowed: [], loopback: false };

describe('the place of a hub', () => {
  it.each([
    ['https://hub.example/', null],
    ['https://hub.example:443/', null],
    ['https://hub.example:8443/', 'port_not_allowed'],
    ['https://10.0.0.7/', 'ip_literal_not_allowed'],
    ['https://10.0.0.7:5432/', 'ip_literal_not_allowed'],
    ['https://0x0a.7/', 'ip_literal_not_allowed'],
    ['https://167772167/', 'ip_literal_not_allowed'],
    ['https://[fd00::7]/', 'ip_literal_not_allowed'],
    ['https://127.0.0.1/', 'ip_literal_not_allowed'],
    ['https://localhost:4222/', 'port_not_allowed'],
  ] as const)('%s is %s', (baseUrl, fault) => {
    expect(hubHostFault(baseUrl, NONE)).toBe(fault);
  });

  it('may be an address or another port where the very place is allowed, and no other', () => {
    const allowed = { ...NONE, allowed: ['10.0.0.7', 'hub.example:8443', '[fd00::7]:8443'] };
    for (const place of ['10.0.0.7', 'hub.example:8443', 'hub.example', '[fd00::7]:8443']) {
      expect([place, hubHostFault(`https://${place}/`, allowed)]).toEqual([place, null]);
    }
    for (const place of ['10.0.0.8', '10.0.0.7:5432', 'hub.example:8444', '[fd00::7]']) {
      expect([place, hubHostFault(`https://${place}/`, allowed)]).not.toEqual([place, null]);
    }
  });

  it('may be this machine itself for development', () => {
    const own = { ...NONE, loopback: true };
    for (const place of ['127.0.0.1:4443', '[::1]:4443', 'localhost:4443']) {
      expect(hubHostFault(`https://${place}/`, own)).toBeNull();
    }
    for (const place of ['10.0.0.7', '127.example:4443']) expect(hubHostFault(`https://${place}/`, own)).not.toBeNull();
  });
});
