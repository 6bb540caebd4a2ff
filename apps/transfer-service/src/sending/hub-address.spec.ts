import type { LookupAddress } from 'node:dns';
import { isBlocked, lookupUnblocked } from './hub-address.client.js';

describe('the address of a hub', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
  ])('%s is never sent to', (address) => {
    expect(isBlocked(address)).toBe(true);
  });

  it.each(['127.0.0.1', '::1', '10.1.2.3', '192.168.1.1', '203.0.113.7', '2001:db8::1', 'hub.example'])(
    '%s may be a hub',
    (address) => {
      expect(isBlocked(address)).toBe(false);
    },
  );

  it('is looked up as Node does where it is none of those', async () => {
    const addresses = await new Promise((resolve, reject) => {
      lookupUnblocked('localhost', { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
    });
    expect((addresses as LookupAddress[]).map(({ address }) => address)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^127\.0\.0\.1$|^::1$/)]),
    );
  });
});
