/** `node token.mjs [role …]`: prints a token of the local signer for an hour, by default with all roles, for center-a. */
import { createDevSigner } from '@hub-export/http-edge';

const ROLES = ['write', 'operate', 'audit', 'site'];
const asked = process.argv.slice(2);
const signer = await createDevSigner('/run/dev-keys');
const roles = (asked.length > 0 ? asked : ROLES).map((role) => `hub_export:${role}`);
console.log(await signer.sign({ sub: 'demo', name: 'Demo', roles, centers: ['center-a'] }));
