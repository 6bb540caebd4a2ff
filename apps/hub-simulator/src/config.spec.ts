import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config.js';
import { NETWORK } from './testing/payloads.testing.js';

describe('the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-config-'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const sound = {
    TLS_CERT_FILE: file('cert', 'the certificate'),
    TLS_KEY_FILE: file('key', 'the key'),
    CLIENT_CA_FILE: file('ca', 'the authority'),
    NODES_FILE: file('nodes', JSON.stringify({ ...NETWORK, centers: ['center-a', { center_key: 'center-b' }] })),
    DATA_DIR: folder,
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it("needs files, a folder and the nodes, and has the hub's own defaults for the rest", () => {
    expect(loadConfig(sound)).toMatchObject({
      host: '127.0.0.1',
      port: 4443,
      profile: 'endoreg-3.0',
      clientCertificates: 'optional',
      maxUploadBytes: 50 * 1024 ** 3,
      leaseMs: 30 * 60 * 1000,
      featureEnabled: true,
      tls: { cert: 'the certificate', key: 'the key', clientCa: 'the authority' },
      network: { centers: ['center-a', 'center-b'], nodes: NETWORK.nodes },
    });
  });

  it('tells every missing variable at once', () => {
    expect(() => loadConfig({ HUB_PROFILE: 'endoreg-1.0' })).toThrow(
      /TLS_CERT_FILE[\s\S]*TLS_KEY_FILE[\s\S]*CLIENT_CA_FILE[\s\S]*DATA_DIR[\s\S]*HUB_PROFILE[\s\S]*NODES_FILE/,
    );
  });

  it('tells every bad file at once, without its path', () => {
    const wrong = {
      ...sound,
      TLS_KEY_FILE: join(folder, 'missing'),
      NODES_FILE: file('bad-nodes', '{"nodes":[{"node_key":"a"}],"centers":[]}'),
      RECIPIENT_PRIVATE_KEY_FILES: sound.TLS_CERT_FILE,
    };
    expect(() => loadConfig(wrong)).toThrow(
      /TLS_KEY_FILE[\s\S]*NODES_FILE[\s\S]*role[\s\S]*RECIPIENT_PRIVATE_KEY_FILES/,
    );
    expect(() => loadConfig(wrong)).not.toThrow(folder);
  });
});
